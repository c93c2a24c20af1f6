/** The sliding window, compared with a simple log of every call: never too many calls in any span, and no refusal without need. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCall, advance, emptyLog, takeBack, type WindowLog, waitMs } from '../../src/limits/sliding-window.ts';
import type { LimitWindow } from '../../src/ports/store.ts';
import { MINUTE, START } from '../auth/fixtures.ts';

/** How much too long a call may stay counted: the price of a bounded log. */
const GRAIN = MINUTE / 60;

/** Returns the buckets of a log, oldest first. */
function bucketsOf({ buckets }: WindowLog): { last: number; count: number }[] {
  return Array.from({ length: buckets.length / 2 }, (_, bucket) => ({
    last: buckets[2 * bucket] as number,
    count: buckets[2 * bucket + 1] as number,
  }));
}

function windowOf(limit: number): LimitWindow {
  return { name: 'minute', periodMs: MINUTE, limit, refundable: true };
}

/** A call that was counted. */
interface Counted {
  readonly at: number;
  readonly cost: number;
}

/** Returns the cost of the calls in the span that ends with, and includes, `end`. */
function costIn(calls: readonly Counted[], end: number, span: number): number {
  return calls.reduce((sum, { at, cost }) => (at > end - span && at <= end ? sum + cost : sum), 0);
}

/** Returns a log that has counted these calls, at `now`. */
function logAt(calls: readonly Counted[], window: LimitWindow, now: number): WindowLog {
  const log = emptyLog();
  for (const { at, cost } of calls) {
    advance(log, window, at);
    addCall(log, window, at, cost);
  }
  advance(log, window, now);
  return log;
}

/** Returns the number of calls in the span that ends with, and includes, `end`. */
function inSpan(calls: readonly number[], end: number, span: number): number {
  return calls.filter((at) => at > end - span && at <= end).length;
}

/** Gaps between calls: bursts, steps of about a bucket, and waits of about the period. */
const gaps = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 900, max: 1100 }), fc.integer({ min: 0, max: 70_000 })),
  { minLength: 1, maxLength: 150 },
);

describe('a window', () => {
  it('never holds more than its limit in any span, and refuses only what a log late by a 60th would', () => {
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 20 }), (waits, limit) => {
        const window = windowOf(limit);
        const log = emptyLog();
        const allowed: number[] = [];
        let now = START;
        for (const wait of waits) {
          now += wait;
          advance(log, window, now);
          const retryMs = waitMs(log, window, now);
          expect(retryMs).toBeLessThanOrEqual(MINUTE);
          if (retryMs === 0) {
            addCall(log, window, now);
            allowed.push(now);
            expect(inSpan(allowed, now, MINUTE)).toBeLessThanOrEqual(limit);
          } else {
            expect(inSpan(allowed, now, MINUTE + GRAIN)).toBeGreaterThanOrEqual(limit);
          }
          expect(bucketsOf(log).length).toBeLessThanOrEqual(61);
          expect(bucketsOf(log).reduce((sum, { count }) => sum + count, 0)).toBe(log.used);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('holds no more than its limit of costs in any span, refuses only costs that do not fit, and returns the least wait', () => {
    const costs = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 24 })), { minLength: 150, maxLength: 150 });
    fc.assert(
      fc.property(gaps, costs, fc.integer({ min: 1, max: 20 }), (waits, planned, limit) => {
        const window = windowOf(limit);
        const log = emptyLog();
        const allowed: Counted[] = [];
        let now = START;
        for (const [place, wait] of waits.entries()) {
          const cost = planned[place] ?? 1;
          now += wait;
          advance(log, window, now);
          const retryMs = waitMs(log, window, now, cost);
          if (cost > limit) {
            expect(retryMs).toBe(Infinity);
          } else if (retryMs === 0) {
            addCall(log, window, now, cost);
            allowed.push({ at: now, cost });
            expect(costIn(allowed, now, MINUTE)).toBeLessThanOrEqual(limit);
          } else {
            expect(costIn(allowed, now, MINUTE + GRAIN)).toBeGreaterThan(limit - cost);
            const [before, then] = [now + retryMs - 1, now + retryMs];
            expect(waitMs(logAt(allowed, window, before), window, before, cost)).toBe(1);
            expect(waitMs(logAt(allowed, window, then), window, then, cost)).toBe(0);
          }
          expect(bucketsOf(log).reduce((sum, { count }) => sum + count, 0)).toBe(log.used);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('holds at most 61 buckets, however many calls it counts', () => {
    const window = windowOf(1_000_000);
    const log = emptyLog();
    for (let now = START; now < START + 3 * MINUTE; now += 7) {
      advance(log, window, now);
      addCall(log, window, now);
      expect(bucketsOf(log).length).toBeLessThanOrEqual(61);
    }
    // 60,000 ms hold 8,571 calls that are 7 ms apart, and the calls of one more bucket may still be counted.
    expect(log.used).toBeGreaterThanOrEqual(8_571);
    expect(log.used).toBeLessThanOrEqual(8_571 + 144);
  });

  it('is exact when calls are sparse', () => {
    const window = windowOf(2);
    const log = emptyLog();
    for (const at of [0, 30_000]) {
      advance(log, window, START + at);
      addCall(log, window, START + at);
    }
    advance(log, window, START + MINUTE - 1);
    expect(waitMs(log, window, START + MINUTE - 1)).toBe(1);
    advance(log, window, START + MINUTE);
    expect(waitMs(log, window, START + MINUTE)).toBe(0);
  });

  it('holds in real time while the clock steps back, and makes no caller wait longer than a period', () => {
    const steps = fc.array(
      fc.record({ wait: fc.integer({ min: 0, max: 20_000 }), back: fc.constantFrom(0, 0, 0, 5, 3000, 200_000) }),
      {
        minLength: 1,
        maxLength: 120,
      },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), (moves, limit) => {
        const window = windowOf(limit);
        const log = emptyLog();
        const allowed: number[] = [];
        let realNow = START;
        let behind = 0;
        for (const { wait, back } of moves) {
          realNow += wait;
          behind += back;
          const shown = realNow - behind;
          advance(log, window, shown);
          const retryMs = waitMs(log, window, shown);
          expect(retryMs).toBeLessThanOrEqual(MINUTE);
          if (retryMs > 0) continue;
          addCall(log, window, shown);
          allowed.push(realNow);
          expect(inSpan(allowed, realNow, MINUTE)).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('still holds for the calls that are not refunded, whenever others are', () => {
    const calls = fc.array(
      fc.record({ wait: fc.integer({ min: 0, max: 5000 }), fails: fc.boolean(), lasts: fc.integer({ min: 0, max: 5 }) }),
      {
        minLength: 1,
        maxLength: 150,
      },
    );
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 10 }), (planned, limit) => {
        const window = windowOf(limit);
        const log = emptyLog();
        const kept: number[] = [];
        const failing: { at: number; turn: number }[] = [];
        let now = START;
        for (const [turn, { wait, fails, lasts }] of planned.entries()) {
          now += wait;
          advance(log, window, now);
          for (const ended of failing.filter((call) => call.turn === turn)) takeBack(log, window, ended.at, 1);
          if (waitMs(log, window, now) > 0) continue;
          addCall(log, window, now);
          if (fails) failing.push({ at: now, turn: turn + 1 + lasts });
          else kept.push(now);
          expect(inSpan(kept, now, MINUTE)).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('taking a call back', () => {
  it('takes a part of its cost, at most what its bucket has, and from no other', () => {
    const window = windowOf(9);
    const log = emptyLog();
    addCall(log, window, START, 4);
    addCall(log, window, START + 20_000, 3);
    takeBack(log, window, START, 3);
    expect(bucketsOf(log).map(({ count }) => count)).toEqual([1, 3]);
    takeBack(log, window, START + 20_000, 1000);
    expect(bucketsOf(log).map(({ count }) => count)).toEqual([1]);
    takeBack(log, window, START, 1);
    expect([bucketsOf(log), log.used]).toEqual([[], 0]);
  });

  it('leaves the log as if it had not been made', () => {
    const window = windowOf(5);
    const log = emptyLog();
    addCall(log, window, START);
    addCall(log, window, START + 10_000);
    addCall(log, window, START + 20_000);
    takeBack(log, window, START + 10_000, 1);
    expect(bucketsOf(log)).toEqual([START, START + 20_000].map((last) => ({ last, count: 1 })));
    expect(log.used).toBe(2);
  });

  it('finds the call after the clock has stepped back to a moment between it and the next', () => {
    const window = windowOf(5);
    const log = emptyLog();
    addCall(log, window, START);
    addCall(log, window, START + 500);
    advance(log, window, START + 400);
    takeBack(log, window, START, 1);
    expect(bucketsOf(log)).toEqual([{ last: START + 400, count: 1 }]);
    expect(log.used).toBe(1);
  });

  it('takes nothing for a call that has left', () => {
    const window = windowOf(5);
    const log = emptyLog();
    addCall(log, window, START);
    advance(log, window, START + MINUTE);
    addCall(log, window, START + MINUTE);
    takeBack(log, window, START, 1);
    expect(log.used).toBe(1);
  });
});
