/** Spans of time as people write and read them. */

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The longest span taken: a hundred years, in ms. */
const LONGEST = 36_525 * 86_400_000;

/** A span such as `90s`, `15m`, `24h`, `90d` or `2w` in ms; undefined if it is none, or longer than a hundred years. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,10})([smhdw])$/.exec(text) ?? [];
  const span = Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN);
  return span <= LONGEST ? span : undefined;
}

/** A span in the unit that suits its size, rounded up: `12 s`, `90 s`, `15 min`, `24 h`, `90 d`. */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 90 && seconds !== 60) return `${seconds} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.ceil(seconds / 3600)} h`;
  return `${Math.ceil(seconds / 86_400)} d`;
}
