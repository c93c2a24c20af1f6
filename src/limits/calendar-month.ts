/** The calendar month in UTC, whose counts are credits; the other windows slide. */
import { CREDIT_WARNINGS, type LimitWindow, type WindowState } from '../ports/limits.ts';

/** The used credits of one subject. */
export interface MonthLog {
  /** When the counted month began, in ms since the epoch. */
  start: number;
  /** The sum of the costs. */
  used: number;
  /** The greatest of `CREDIT_WARNINGS` given in this month; zero for none. Refunds do not change it. */
  warned: number;
}

/** When the month of `now` began, in ms since the epoch. */
function monthStart(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** When the month of `now` ends, in ms since the epoch. */
export function monthEnd(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/** The month of `now` in the form `2026-11`. */
export function monthName(now: number): string {
  return new Date(now).toISOString().slice(0, 'yyyy-mm'.length);
}

/** A log of the month of `now`, without calls. */
export function emptyMonth(now: number): MonthLog {
  return { start: monthStart(now), used: 0, warned: 0 };
}

/**
 * Brings a log to `now`: a new month begins with nothing used. If the clock steps back into an earlier month, the used credits are kept until the end of
 * that month.
 */
export function advanceMonth(log: MonthLog, now: number): void {
  if (now >= log.start && now < log.start + SHORTEST_MS) return;
  const start = monthStart(now);
  if (start > log.start) {
    log.used = 0;
    log.warned = 0;
  }
  log.start = start;
}

/** Ms until a charge of `cost` fits; zero if it does now, `Infinity` if it is over the limit, and otherwise until the month ends. */
export function monthWaitMs({ used }: MonthLog, { limit }: LimitWindow, now: number, cost: number): number {
  if (cost > limit) return Infinity;
  return used + cost <= limit ? 0 : monthEnd(now) - now;
}

/** The greatest of `CREDIT_WARNINGS` that `used` has reached; undefined below all of them. */
export function creditShareOf(used: number, limit: number): number | undefined {
  return CREDIT_WARNINGS.findLast((share) => used * 100 >= limit * share);
}

/** Counts `cost`. Returns the shares of the limit that were reached for the first time in the month, smallest first; undefined for none. */
export function addCredits(log: MonthLog, { limit }: LimitWindow, cost: number): number[] | undefined {
  log.used += cost;
  const due = CREDIT_WARNINGS.filter((share) => share > log.warned && log.used * 100 >= limit * share);
  if (due.length === 0) return undefined;
  log.warned = due.at(-1) ?? log.warned;
  return due;
}

/** Refunds `count` of the charge counted at `chargedAt`; nothing if its month is over. */
export function takeCreditsBack(log: MonthLog, chargedAt: number, count: number): void {
  if (monthStart(chargedAt) === log.start) log.used -= Math.min(log.used, count);
}

/** The state of the window. */
export function monthStateOf({ used }: MonthLog, window: LimitWindow, now: number): WindowState {
  return { window, remaining: Math.max(0, window.limit - used), resetMs: used === 0 ? 0 : monthEnd(now) - now };
}

/** A month has 28 days at least. */
const SHORTEST_MS = 28 * 86_400_000;
