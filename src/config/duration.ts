/** Spans of time as people write them. */

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The longest span taken: a hundred years, in ms. */
const LONGEST = 36_525 * 86_400_000;

/** A span such as `90s`, `15m`, `24h`, `90d` or `2w` in ms; undefined for any other text, and for a span of more than a hundred years. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,10})([smhdw])$/.exec(text) ?? [];
  const span = Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN);
  return span <= LONGEST ? span : undefined;
}
