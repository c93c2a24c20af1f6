/** Reads metrics as a scraper does. */

export interface Scrape {
  readonly text: string;
  /** The values by name and labels, as in the text. */
  readonly samples: ReadonlyMap<string, number>;
}

export async function scrape(url: string): Promise<Scrape> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (name !== '') samples.set(name, Number(value));
  }
  return { text, samples };
}

/** Returns the value of a sample with exactly these labels, in any order; 0 if there is none. */
export function sampleOf({ samples }: Scrape, name: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  for (const [key, value] of samples) {
    if (key !== name && !key.startsWith(`${name}{`)) continue;
    const found = key
      .slice(name.length + 1, -1)
      .split(',')
      .filter(Boolean);
    if (found.length === wanted.length && wanted.every((label) => found.includes(label))) return value;
  }
  return 0;
}
