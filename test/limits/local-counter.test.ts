/** The call counts in memory: each subject by the rules of the window alone, and a bound on how many there are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import type { LimitWindow } from '../../src/ports/store.ts';
import { HOUR, MINUTE, START } from '../auth/fixtures.ts';
import { createLimitsModel, WINDOWS } from '../store/redis-models.ts';

const DAY = 24 * HOUR;
const day: LimitWindow = { name: 'day', periodMs: DAY, limit: 1, refundable: true };
const minute: LimitWindow = { name: 'minute', periodMs: MINUTE, limit: 1, refundable: true };

describe('the counts of many subjects', () => {
  it('are each as if it were alone, also while the clock steps back', async () => {
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
        const limits = createLocalLimits();
        const alone = new Map(['a', 'b', 'c'].map((subject) => [subject, createLimitsModel()]));
        let now = START;
        for (const { subject, wait, windows, cost, givenBack } of planned) {
          now += wait;
          const charged = await limits.charge(subject, windows, cost, now);
          expect(charged).toEqual(alone.get(subject)?.charge(windows, cost, now));
          if (givenBack === null || !charged.allowed) continue;
          await limits.refund(subject, windows, now, givenBack.count, givenBack);
          alone.get(subject)?.refund(windows, now, givenBack.count, givenBack);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are of 100,000 at most: the one that called the longest ago starts afresh, and no other', async () => {
    const limits = createLocalLimits();
    const isAllowed = async (subject: string) => (await limits.charge(subject, [minute], 1, START)).allowed;
    for (let subject = 0; subject < 100_000; subject += 1) await isAllowed(`key ${subject}`);
    // Refused, and a call all the same: the second is now the one to go.
    expect(await isAllowed('key 0')).toBe(false);
    expect(await isAllowed('one more')).toBe(true);
    expect(await isAllowed('key 0')).toBe(false);
    expect(await isAllowed('key 2')).toBe(false);
    expect(await isAllowed('key 1')).toBe(true);
  });

  it('keep a day while minutes pass and other subjects come, also after a plan without the day', async () => {
    const limits = createLocalLimits();
    await limits.charge('moved', [day], 1, START);
    await limits.charge('moved', [minute], 1, START + 1);
    for (let now = START; now < START + DAY; now += 600_000) await limits.charge(`at ${now}`, [minute], 1, now);
    expect((await limits.charge('moved', [day], 1, START + DAY - 1)).allowed).toBe(false);
    expect((await limits.charge('moved', [day], 1, START + DAY)).allowed).toBe(true);
  });
});
