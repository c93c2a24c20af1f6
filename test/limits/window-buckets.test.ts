/** The entries of call logs: what was put into them, apart from each other, and used over and over. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import { addCall, advance, clear, emptyLog, stateOf, takeBack, type WindowLog, waitMs } from '../../src/limits/sliding-window.ts';
import { CallEntries } from '../../src/limits/window-buckets.ts';
import type { ChargeResult, LimitWindow } from '../../src/ports/store.ts';
import { HOUR, MINUTE, START } from '../auth/fixtures.ts';
import { entriesOf } from './entries.ts';

const DAY = 24 * HOUR;
const WINDOWS: readonly LimitWindow[] = [
  { name: 'minute', periodMs: MINUTE, limit: 4, refundable: false },
  { name: 'hour', periodMs: HOUR, limit: 9, refundable: true },
  { name: 'day', periodMs: DAY, limit: 20, refundable: true },
];
const LATEST = Date.UTC(2109, 0);

describe('entries', () => {
  it('hold moments to the millisecond until the year 2109, and counts to the most that a plan allows', () => {
    const entry = fc.tuple(
      fc.integer({ min: 0, max: LATEST }),
      fc.integer({ min: 0, max: DAY / 60 }),
      fc.integer({ min: 1, max: 1e9 }),
    );
    fc.assert(
      fc.property(entry, entry, ([first, span, count], [otherFirst, otherSpan, otherCount]) => {
        const entries = new CallEntries();
        const one = entries.take(first, first + span, count);
        const other = entries.take(otherFirst, otherFirst, otherCount);
        entries.setLast(other, otherFirst + otherSpan);
        expect([entries.first(one), entries.last(one), entries.count(one), entries.next(one)]).toEqual([
          first,
          first + span,
          count,
          one,
        ]);
        expect([entries.first(other), entries.last(other)]).toEqual([otherFirst, otherFirst + otherSpan]);
      }),
    );
  });

  it('are used again once their calls have left, were taken back, or were dropped', () => {
    const entries = new CallEntries();
    const logs = Array.from({ length: 30 }, () => emptyLog(entries));
    const day = WINDOWS[2] as LimitWindow;
    let most = 0;
    for (let round = 0; round < 9; round += 1) {
      for (const [place, log] of logs.entries()) {
        const start = START + 3 * round * DAY;
        for (let now = start; now < start + DAY; now += HOUR / 2) addCall(log, day, now);
        expect(entriesOf(log)).toHaveLength(48);
        if (place % 3 === 0) advance(log, day, start + 2 * DAY);
        if (place % 3 === 1) clear(log);
        if (place % 3 === 2) for (let now = start; now < start + DAY; now += HOUR / 2) takeBack(log, now);
        expect([entriesOf(log), log.used]).toEqual([[], 0]);
      }
      const entry = entries.take(START, START, 1);
      entries.giveBack(entry);
      most = Math.max(most, entry);
    }
    expect(most).toBeLessThanOrEqual(48);
  });
});

/** Charges a subject that has logs of its own. */
function chargeAlone(logs: Map<string, WindowLog>, windows: readonly LimitWindow[], cost: number, now: number): ChargeResult {
  const own = windows.map((window) => {
    const log = logs.get(window.name) ?? emptyLog();
    logs.set(window.name, log);
    advance(log, window, now);
    return { window, log };
  });
  const waits = own.map(({ window, log }) => waitMs(log, window, now, cost));
  const retryAfterMs = Math.max(...waits);
  const allowed = retryAfterMs === 0;
  if (allowed) for (const { window, log } of own) addCall(log, window, now, cost);
  const refusing = allowed ? undefined : windows[waits.indexOf(retryAfterMs)];
  const states = own.map(({ window, log }) => stateOf(log, window, now));
  return { allowed, chargedAt: now, retryAfterMs, refusing, states };
}

describe('the logs of many subjects', () => {
  it('are each as if it were alone, also while the clock steps back', async () => {
    let runs = 0;
    const limits = createLocalLimits();
    const calls = fc.array(
      fc.record({
        subject: fc.constantFrom('a', 'b', 'c'),
        wait: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.constantFrom(-5000, MINUTE, 10 * MINUTE)),
        windows: fc.constantFrom(WINDOWS, WINDOWS.slice(1), WINDOWS.toReversed()),
        cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 10 })),
        givenBack: fc.option(fc.record({ count: fc.integer({ min: 1, max: 12 }), rejected: fc.boolean() })),
      }),
      { minLength: 1, maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(calls, async (planned) => {
        runs += 1;
        const alone = new Map(['a', 'b', 'c'].map((subject) => [subject, new Map<string, WindowLog>()]));
        let now = START;
        for (const { subject, wait, windows, cost, givenBack } of planned) {
          now += wait;
          const logs = alone.get(subject) ?? new Map();
          const charged = await limits.charge(`${subject} of ${runs}`, windows, cost, now);
          expect(charged).toEqual(chargeAlone(logs, windows, cost, now));
          if (givenBack === null || !charged.allowed) continue;
          const { count, rejected } = givenBack;
          await limits.refund(`${subject} of ${runs}`, windows, now, count, { rejected });
          for (const { name, refundable } of windows) if (refundable || rejected) takeBack(logs.get(name), now, count);
        }
      }),
      { numRuns: 100 },
    );
  });
});
