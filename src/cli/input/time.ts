/** Times and durations in the form that people write and read. */

/** The last time that the contract can express, 9999-12-31T23:59:59Z, in s since the epoch. */
const LAST_SECOND = 253_402_300_799;

/** A time in RFC 3339, such as `2027-01-31T12:00:00Z`, or a date, which means its first moment in UTC; in ms since the epoch, undefined for any other text. */
export function parseRfc3339(text: string): number | undefined {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)))?$/.exec(text) ?? [];
  // Date.parse reads 30 February as a day in March.
  if (date === undefined || toIsoDate(Date.parse(`${date}T00:00:00Z`)) !== date) return undefined;
  const ms = Date.parse(`${date}T${(time ?? '00:00:00Z').toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Seconds since the epoch, with or without a fraction, in ms; undefined for any other text, and after the year 9999, since such a number is probably in ms. */
export function parseUnixSeconds(text: string): number | undefined {
  if (!/^\d{1,12}(\.\d{1,9})?$/.test(text)) return undefined;
  return Number(text) <= LAST_SECOND ? Math.round(Number(text) * 1000) : undefined;
}

/** A moment in ms since the epoch in RFC 3339, to the second. */
export function formatInstant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The time of day of a moment, in UTC: `10:42:07`. */
export function formatClock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** A time relative to `now`: `2 min ago`, `in 23 h`, or `now`. Rounded down, so that no time seems longer than it is. */
export function formatRelative(ms: number, now: number): string {
  const seconds = Math.floor(Math.abs(ms - now) / 1000);
  if (seconds === 0) return 'now';
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? [1, 's'];
  const span = `${Math.floor(seconds / size)} ${unit}`;
  return ms > now ? `in ${span}` : `${span} ago`;
}

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

function toIsoDate(ms: number): string | undefined {
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString().slice(0, 10);
}

/** A duration in the unit that suits it, rounded up: `12 s`, `90 s`, `15 min`, `24 h`, `90 d`. */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 90 && seconds !== 60) return `${seconds} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.ceil(seconds / 3600)} h`;
  return `${Math.ceil(seconds / 86_400)} d`;
}
