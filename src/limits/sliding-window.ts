/** The sliding window: calls in 60 buckets per period, so that no span as long as the window holds more than its limit. */
import type { LimitWindow, WindowState } from '../ports/store.ts';

/**
 * A bucket expires one period after its last call. A call may stay counted up to 1/60 of the period too long but never too short, and calls that are
 * further apart expire to the millisecond. A window has at most 61 buckets, whatever its limit.
 */
const BUCKETS_A_PERIOD = 60;

/** The calls of one subject in one window. */
export interface WindowLog {
  /**
   * Two numbers for each bucket with calls, oldest bucket first: the time of its last call, in ms since the epoch, and the sum of its costs. Plain numbers
   * take a quarter of the memory of objects.
   */
  buckets: number[];
  /** The sum of the costs. */
  used: number;
}

/** A log without calls. */
export function emptyLog(): WindowLog {
  return { buckets: [], used: 0 };
}

/**
 * Brings a log to `now`: drops expired buckets. Call this before the log is read at `now`. If the clock has stepped back, calls in the future count
 * as made now: the limit holds until they expire, and no caller waits longer than a period for them.
 */
export function advance(log: WindowLog, window: LimitWindow, now: number): void {
  const { buckets } = log;
  while ((buckets[0] ?? now) + window.periodMs <= now) {
    buckets.shift();
    log.used -= buckets.shift() ?? 0;
  }
  let future = 0;
  while ((buckets.at(-2) ?? now) > now) {
    future += buckets.pop() ?? 0;
    buckets.pop();
  }
  log.used -= future;
  if (future > 0) addCall(log, window, now, future);
}

/** Ms until a charge of `cost` fits; zero if it does now, `Infinity` if it is over the limit, and otherwise at most the period. */
export function waitMs({ buckets, used }: WindowLog, { limit, periodMs }: LimitWindow, now: number, cost: number = 1): number {
  const room = limit - cost;
  if (room < 0) return Infinity;
  if (used <= room) return 0;
  let left = used;
  let last = now;
  for (let place = 0; left > room; place += 2) {
    last = buckets[place] ?? now;
    left -= buckets[place + 1] ?? left;
  }
  return last + periodMs - now;
}

/** Counts a call that costs `cost`, in the bucket of `now`. */
export function addCall(log: WindowLog, window: LimitWindow, now: number, cost: number = 1): void {
  const { buckets } = log;
  const newest = buckets.length - 2;
  if (newest >= 0 && isSameBucket(buckets[newest], now, window)) {
    buckets[newest] = now;
    buckets[newest + 1] = (buckets[newest + 1] ?? 0) + cost;
  } else if (newest >= 0) {
    buckets.push(now, cost);
  } else {
    // A literal takes the memory of two numbers; an array that grows takes that of nineteen.
    log.buckets = [now, cost];
  }
  log.used += cost;
}

/** Refunds `count` of the charge counted at `chargedAt`, at most the content of that bucket; nothing if the bucket has expired. */
export function takeBack(log: WindowLog, window: LimitWindow, chargedAt: number, count: number): void {
  const { buckets } = log;
  for (let place = 0; place < buckets.length; place += 2) {
    if (!isSameBucket(buckets[place], chargedAt, window)) continue;
    const counted = buckets[place + 1] ?? 0;
    const taken = Math.min(counted, count);
    if (taken === counted) buckets.splice(place, 2);
    else buckets[place + 1] = counted - taken;
    log.used -= taken;
    return;
  }
}

/** The state of the window. */
export function stateOf({ buckets: [oldest], used }: WindowLog, window: LimitWindow, now: number): WindowState {
  return {
    window,
    remaining: Math.max(0, window.limit - used),
    resetMs: oldest === undefined ? 0 : oldest + window.periodMs - now,
  };
}

function isSameBucket(one: number = Number.NaN, other: number, { periodMs }: LimitWindow): boolean {
  const length = periodMs / BUCKETS_A_PERIOD;
  return Math.floor(one / length) === Math.floor(other / length);
}
