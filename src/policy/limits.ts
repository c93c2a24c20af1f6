/** The sliding window: a log of calls that never lets a span as long as the window hold more than its limit. */
import type { LimitWindow, WindowState } from './store.ts';

/**
 * Calls close together are counted as one entry, which leaves a period after the last of them: a call may stay counted for up to 1/60 of the
 * period too long, never too short, and a log holds at most 62 entries whatever the limit.
 */
const ENTRIES_A_PERIOD = 60;

/** Where the three numbers of an entry stand: when its first call came, when its last did, in ms since the epoch, and how many came. */
const [FIRST, LAST, COUNT, SIZE] = [0, 1, 2, 3];

/** The calls of one subject in one window. */
export interface WindowLog {
  /** The entries, oldest first, in one array of numbers that is as long as they need: there may be many subjects. */
  entries: readonly number[];
  /** The sum of their counts. */
  used: number;
}

/** A log without calls. */
export function emptyLog(): WindowLog {
  return { entries: [], used: 0 };
}

/** How many entries it has. */
export function entryCount({ entries }: WindowLog): number {
  return entries.length / SIZE;
}

/** Brings a log to `now`: drops what has left the window. To be done before anything is asked of the log at that moment. */
export function advance(log: WindowLog, window: LimitWindow, now: number): void {
  pullBack(log, window, now);
  let left = 0;
  for (; left < log.entries.length && at(log, left + LAST) + window.periodMs <= now; left += SIZE)
    log.used -= at(log, left + COUNT);
  if (left > 0) log.entries = log.entries.slice(left);
}

/** Ms until one more call fits; zero if it does now. Never more than the period. */
export function waitMs(log: WindowLog, window: LimitWindow, now: number): number {
  let used = log.used;
  if (used < window.limit) return 0;
  for (let entry = 0; entry < log.entries.length; entry += SIZE) {
    used -= at(log, entry + COUNT);
    if (used < window.limit) return at(log, entry + LAST) + window.periodMs - now;
  }
  return window.periodMs;
}

/** Counts one call. */
export function addCall(log: WindowLog, window: LimitWindow, now: number): void {
  addCalls(log, window, now, now, 1);
}

/** Takes back a call that was counted at `chargedAt`, from the entry it was counted in; nothing if that has left. */
export function takeBack(log: WindowLog, chargedAt: number): void {
  let entry = log.entries.length - SIZE;
  while (entry >= 0 && at(log, entry + FIRST) > chargedAt) entry -= SIZE;
  if (entry < 0) return;
  log.used -= 1;
  const count = at(log, entry + COUNT) - 1;
  log.entries = count === 0 ? log.entries.toSpliced(entry, SIZE) : log.entries.with(entry + COUNT, count);
}

/** How the window stands. */
export function stateOf(log: WindowLog, window: LimitWindow, now: number): WindowState {
  return {
    window,
    remaining: Math.max(0, window.limit - log.used),
    resetMs: log.entries.length === 0 ? 0 : at(log, LAST) + window.periodMs - now,
  };
}

/**
 * A clock that stepped back leaves calls in the future. They are taken to have come now: no later than they leave, the limit has held, and
 * nobody waits longer than a period for them.
 */
function pullBack(log: WindowLog, window: LimitWindow, now: number): void {
  let first = now;
  let count = 0;
  let end = log.entries.length;
  for (; end > 0 && at(log, end - SIZE + LAST) > now; end -= SIZE) {
    first = Math.min(first, at(log, end - SIZE + FIRST));
    count += at(log, end - SIZE + COUNT);
  }
  if (count === 0) return;
  log.entries = log.entries.slice(0, end);
  log.used -= count;
  addCalls(log, window, first, now, count);
}

function addCalls(log: WindowLog, window: LimitWindow, first: number, last: number, count: number): void {
  const newest = log.entries.length - SIZE;
  if (newest >= 0 && last - at(log, newest + FIRST) < window.periodMs / ENTRIES_A_PERIOD) {
    // The one change in place: it is made for nearly every call.
    const entries = log.entries as number[];
    entries[newest + LAST] = last;
    entries[newest + COUNT] = at(log, newest + COUNT) + count;
  } else {
    // Not by `push`, which makes room for a dozen more.
    log.entries = newest < 0 ? [first, last, count] : log.entries.concat(first, last, count);
  }
  log.used += count;
}

function at({ entries }: WindowLog, place: number): number {
  return entries[place] as number;
}
