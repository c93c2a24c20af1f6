/** The call counts in memory: each subject by the rules of the window, and a bound on the number of subjects. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import { MONTH } from '../../src/ports/limits.ts';
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

  it('are of 100,000 at most: the oldest starts afresh, and no other', async () => {
    const limits = createLocalLimits();
    const isAllowed = async (subject: string) => (await limits.charge(subject, [minute], 1, START)).allowed;
    for (let subject = 0; subject < 100_000; subject += 1) await isAllowed(`key ${subject}`);
    // A refused call counts as a use, so the second subject is now the next to be dropped.
    expect(await isAllowed('key 0')).toBe(false);
    expect(await isAllowed('one more')).toBe(true);
    expect(await isAllowed('key 0')).toBe(false);
    expect(await isAllowed('key 2')).toBe(false);
    expect(await isAllowed('key 1')).toBe(true);
  });

  it('are kept for the subjects that called last: neither a look nor a refund without a charge keeps or adds a subject', async () => {
    const limits = createLocalLimits();
    for (let subject = 0; subject < 100_000; subject += 1) await limits.charge(`key ${subject}`, [minute], 1, START);
    const usedBy = async (subject: string) => (await limits.usage(subject, [minute], START))[0]?.used;
    await limits.refund('unknown', [minute], START, 1, { rejected: true });
    expect(await usedBy('key 0')).toBe(1);
    await limits.charge('one more', [minute], 1, START);
    expect(await Promise.all(['key 0', 'key 1'].map(usedBy))).toEqual([0, 1]);
  });

  it('keep a day while minutes pass and other subjects call, also after a plan without the day', async () => {
    const limits = createLocalLimits();
    await limits.charge('moved', [day], 1, START);
    await limits.charge('moved', [minute], 1, START + 1);
    for (let now = START; now < START + DAY; now += 600_000) await limits.charge(`at ${now}`, [minute], 1, now);
    expect((await limits.charge('moved', [day], 1, START + DAY - 1)).allowed).toBe(false);
    expect((await limits.charge('moved', [day], 1, START + DAY)).allowed).toBe(true);
  });
});

describe('the table of the credits', () => {
  it('is as it was after a look, though the clock of that was ahead', async () => {
    const month: LimitWindow = { name: MONTH, periodMs: 28 * DAY, limit: 10, refundable: true };
    const limits = createLocalLimits();
    await limits.charge('a', [month], 7, START);
    const usedAt = async (now: number) => (await limits.usage('a', [month], now))[0]?.used;
    expect([await usedAt(START + 40 * DAY), await usedAt(START)]).toEqual([0, 7]);
  });

  it('reports each change, and whether it warned: a refused charge, or one without a month, changes nothing', async () => {
    const changes: [string, boolean][] = [];
    const limits = createLocalLimits({ logs: new Map(), onChange: (...change) => changes.push(change) });
    const month: LimitWindow = { name: MONTH, periodMs: 31 * DAY, limit: 10, refundable: true };
    const charge = (cost: number) => limits.charge('key', [month], cost, START);
    await charge(7);
    await charge(1);
    await charge(1);
    await charge(5);
    await limits.refund('key', [month], START, 1, { rejected: false });
    await limits.charge('key', [day], 1, START);
    await limits.refund('stranger', [month], START, 1, { rejected: false });
    expect(changes).toEqual([
      ['key', false],
      ['key', true],
      ['key', false],
      ['key', false],
    ]);
  });
});
