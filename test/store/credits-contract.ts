/** The contract of every store for the credits of a month, and for the usage that it reports. */
import { describe, expect, it } from 'vitest';
import type { LimitStore, LimitWindow, RefundOptions } from '../../src/ports/store.ts';
import { HOUR, MINUTE, SECOND } from '../auth/fixtures.ts';

const DAY = 24 * HOUR;
const MINUTE_OF_3: LimitWindow = { name: 'minute', periodMs: MINUTE, limit: 3, refundable: false };
const MONTH_OF_20: LimitWindow = { name: 'month', periodMs: 31 * DAY, limit: 20, refundable: true };
const BOTH = [MINUTE_OF_3, MONTH_OF_20];
const NOON = Date.UTC(2026, 10, 30, 12);
const DECEMBER = Date.UTC(2026, 11);
const JANUARY = Date.UTC(2027, 0);

/** Runs the contract on the limits of a store that is empty for each test. */
export function creditsContract(name: string, limitsOf: () => LimitStore): void {
  describe(`the credits of the ${name} store`, () => {
    const spend = async (cost: number, now: number, windows: readonly LimitWindow[] = [MONTH_OF_20]) =>
      limitsOf().charge('key', windows, cost, now);
    const refund = (chargedAt: number, count: number, options: RefundOptions = { rejected: false }) =>
      limitsOf().refund('key', BOTH, chargedAt, count, options);
    const used = async (now: number, windows: readonly LimitWindow[] = [MONTH_OF_20]) =>
      (await limitsOf().usage('key', windows, now)).map((usage) => usage.used);

    it('are counted to the end of the calendar month in UTC, and then from zero', async () => {
      expect(await spend(20, NOON)).toMatchObject({
        allowed: true,
        states: [{ window: MONTH_OF_20, remaining: 0, resetMs: DECEMBER - NOON }],
      });
      expect(await spend(1, DECEMBER - 1)).toMatchObject({ allowed: false, retryAfterMs: 1, refusing: MONTH_OF_20 });
      expect(await spend(1, DECEMBER)).toMatchObject({
        allowed: true,
        states: [{ remaining: 19, resetMs: JANUARY - DECEMBER }],
      });
    });

    it.each([
      ['a leap year', Date.UTC(2028, 1, 29, 23, 59), Date.UTC(2028, 2)],
      ['another year', Date.UTC(2027, 1, 28), Date.UTC(2027, 2)],
      ['a century without a leap day', Date.UTC(2100, 1, 28), Date.UTC(2100, 2)],
      ['a century with one', Date.UTC(2000, 1, 29), Date.UTC(2000, 2)],
      ['the end of a year', Date.UTC(2026, 11, 31), Date.UTC(2027, 0)],
      ['the epoch', 0, Date.UTC(1970, 1)],
    ])('know the months of %s', async (_, now, end) => {
      await spend(1, now);
      expect(await limitsOf().usage('key', [MONTH_OF_20], now)).toEqual([{ window: MONTH_OF_20, used: 1, resetTime: end }]);
    });

    it('are taken in the same step as the other windows, or not at all', async () => {
      expect(await spend(2, NOON, BOTH)).toMatchObject({ allowed: true });
      expect(await spend(2, NOON, BOTH)).toMatchObject({ allowed: false, refusing: MINUTE_OF_3 });
      expect(await used(NOON, BOTH)).toEqual([2, 2]);
      await spend(18, NOON);
      expect(await spend(1, NOON + MINUTE, BOTH)).toMatchObject({ allowed: false, refusing: MONTH_OF_20 });
      expect(await used(NOON + MINUTE, BOTH)).toEqual([0, 20]);
    });

    it('name, of two windows without room, the window with the longer wait', async () => {
      const hour: LimitWindow = { name: 'hour', periodMs: HOUR, limit: 1, refundable: true };
      const late = DECEMBER - MINUTE;
      await spend(20, NOON);
      await limitsOf().charge('key', [hour], 1, late - MINUTE);
      expect(await spend(1, late, [hour, MONTH_OF_20])).toMatchObject({ refusing: hour, retryAfterMs: HOUR - MINUTE });
      expect(await spend(1, NOON + SECOND, [hour, MONTH_OF_20])).toMatchObject({ refusing: MONTH_OF_20 });
    });

    it('never allow a cost over them', async () => {
      expect(await spend(21, NOON)).toMatchObject({ allowed: false, refusing: MONTH_OF_20, retryAfterMs: Infinity });
      expect(await used(NOON)).toEqual([0]);
    });

    it('are refunded in the month of their charge, and in no other', async () => {
      const last = DECEMBER - 1;
      await spend(3, NOON, BOTH);
      await refund(NOON, 2);
      expect(await used(NOON, BOTH)).toEqual([3, 1]);
      await refund(NOON, 1, { rejected: true });
      await refund(NOON, 5, { rejected: true });
      expect(await used(NOON, BOTH)).toEqual([0, 0]);
      await spend(3, last);
      await spend(2, DECEMBER);
      await refund(last, 3);
      expect(await used(DECEMBER)).toEqual([2]);
    });

    it('are neither freed nor kept beyond a month by a clock that steps back', async () => {
      await spend(20, DECEMBER);
      expect(await spend(1, NOON)).toMatchObject({ allowed: false, retryAfterMs: DECEMBER - NOON });
      expect(await spend(1, DECEMBER)).toMatchObject({ allowed: true });
    });

    it('warn once for each share and month, despite refunds', async () => {
      const warnings = async (cost: number, now: number) => (await spend(cost, now)).warnings;
      expect(await warnings(15, NOON)).toBeUndefined();
      expect(await warnings(1, NOON)).toEqual([80]);
      await refund(NOON, 1);
      expect(await warnings(1, NOON)).toBeUndefined();
      expect(await warnings(3, NOON)).toEqual([95]);
      await refund(NOON, 19);
      expect(await warnings(20, NOON)).toBeUndefined();
      expect(await warnings(1, NOON)).toBeUndefined();
      expect(await warnings(20, DECEMBER)).toEqual([80, 95]);
    });

    it('warn of many calls at the same time once', async () => {
      const results = await Promise.all(Array.from({ length: 30 }, () => spend(1, NOON)));
      expect(results.filter(({ allowed }) => allowed)).toHaveLength(20);
      expect(results.flatMap(({ warnings = [] }) => warnings)).toEqual([80, 95]);
    });

    it('do not change when they are read, nor do the sliding windows', async () => {
      await spend(1, NOON, BOTH);
      await spend(1, NOON + 10 * SECOND, BOTH);
      const usage = { minute: { window: MINUTE_OF_3, used: 2 }, month: { window: MONTH_OF_20, used: 2, resetTime: DECEMBER } };
      for (let time = 0; time < 2; time += 1)
        expect(await limitsOf().usage('key', BOTH, NOON + 10 * SECOND)).toEqual([
          { ...usage.minute, resetTime: NOON + MINUTE },
          usage.month,
        ]);
      expect(await limitsOf().usage('key', [MONTH_OF_20, MINUTE_OF_3], NOON + MINUTE)).toEqual([
        usage.month,
        { window: MINUTE_OF_3, used: 1, resetTime: NOON + MINUTE + 10 * SECOND },
      ]);
      expect(await limitsOf().usage('nobody', BOTH, NOON)).toEqual(
        BOTH.map((window) => ({ window, used: 0, resetTime: undefined })),
      );
      expect(await limitsOf().usage('key', [], NOON)).toEqual([]);
      const smaller = { ...MONTH_OF_20, limit: 1 };
      expect(await limitsOf().usage('key', [smaller], NOON)).toEqual([{ window: smaller, used: 2, resetTime: DECEMBER }]);
    });
  });
}
