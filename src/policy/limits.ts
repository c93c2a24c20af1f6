/** The sliding window: a log of calls that never lets a span as long as the window hold more than its limit. */
import type { LimitWindow, WindowState } from './store.ts';

/**
 * Calls close together are counted as one entry, which leaves a period after the last of them: a call may stay counted for up to 1/60 of the
 * period too long, never too short, and a log holds at most 62 entries whatever the limit.
 */
const ENTRIES_A_PERIOD = 60;

interface LogEntry {
  /** When the first call of the entry came, in ms since the epoch. */
  readonly first: number;
  /** When the last one came: the whole entry leaves a period later. */
  last: number;
  count: number;
}

/** The calls of one subject in one window, oldest first; `used` is the sum of their counts. */
export interface WindowLog {
  readonly entries: LogEntry[];
  used: number;
}

/** A log without calls. */
export function emptyLog(): WindowLog {
  return { entries: [], used: 0 };
}

/** Brings a log to `now`: drops what has left the window. To be done before anything is asked of the log at that moment. */
export function advance(log: WindowLog, window: LimitWindow, now: number): void {
  pullBack(log, window, now);
  for (let oldest = log.entries[0]; oldest !== undefined && oldest.last + window.periodMs <= now; oldest = log.entries[0]) {
    log.entries.shift();
    log.used -= oldest.count;
  }
}

/** Ms until one more call fits; zero if it does now. Never more than the period. */
export function waitMs(log: WindowLog, window: LimitWindow, now: number): number {
  let used = log.used;
  if (used < window.limit) return 0;
  for (const entry of log.entries) {
    used -= entry.count;
    if (used < window.limit) return entry.last + window.periodMs - now;
  }
  return window.periodMs;
}

/** Counts one call. */
export function addCall(log: WindowLog, window: LimitWindow, now: number): void {
  addCalls(log, window, now, now, 1);
}

/** Takes back a call that was counted at `chargedAt`, from the entry it was counted in; nothing if that has left. */
export function takeBack(log: WindowLog, chargedAt: number): void {
  const index = log.entries.findLastIndex((entry) => entry.first <= chargedAt);
  const entry = log.entries[index];
  if (entry === undefined) return;
  entry.count -= 1;
  log.used -= 1;
  if (entry.count === 0) log.entries.splice(index, 1);
}

/** How the window stands. */
export function stateOf(log: WindowLog, window: LimitWindow, now: number): WindowState {
  const oldest = log.entries[0];
  return {
    window,
    remaining: Math.max(0, window.limit - log.used),
    resetMs: oldest === undefined ? 0 : oldest.last + window.periodMs - now,
  };
}

/**
 * A clock that stepped back leaves calls in the future. They are taken to have come now: no later than they leave, the limit has held, and
 * nobody waits longer than a period for them.
 */
function pullBack(log: WindowLog, window: LimitWindow, now: number): void {
  let first = now;
  let count = 0;
  for (let newest = log.entries.at(-1); newest !== undefined && newest.last > now; newest = log.entries.at(-1)) {
    log.entries.pop();
    log.used -= newest.count;
    first = Math.min(first, newest.first);
    count += newest.count;
  }
  if (count > 0) addCalls(log, window, first, now, count);
}

function addCalls(log: WindowLog, window: LimitWindow, first: number, last: number, count: number): void {
  const newest = log.entries.at(-1);
  if (newest !== undefined && last - newest.first < window.periodMs / ENTRIES_A_PERIOD) {
    newest.last = last;
    newest.count += count;
  } else {
    log.entries.push({ first, last, count });
  }
  log.used += count;
}
