/** Charging a cost: the rejections and their reasons, and the refund of a failed call. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Charging, type ChargingOptions, createCharging } from '../../src/limits/charging.ts';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import { type Plan, parsePlans, planOf } from '../../src/limits/plans.ts';
import type { Principal } from '../../src/ports/principal.ts';
import { type ChargeResult, StoreUnavailableError } from '../../src/ports/store.ts';
import { clockAt, HOUR, MINUTE, rejectionOf, type SettableClock, START } from '../auth/fixtures.ts';

const principal: Principal = { keyId: 'one', plan: 'free', scopes: new Set(['token']), tenant: 'default' };
const PLANS = parsePlans('{"free": {"minute": 5, "hour": 20}, "unlimited": {}}');
const FREE = planOf(PLANS, 'free');

let clock: SettableClock;
beforeEach(() => {
  clock = clockAt(START);
});

function charger(limits = createLocalLimits()) {
  const { charge } = createCharging({ limits, clock });
  return async (cost: number, plan: Plan = FREE) => charge(principal, plan, cost);
}

describe('a cost', () => {
  it('is counted whole, and reported with the window nearest to exhaustion', async () => {
    const charge = charger();
    expect((await charge(3)).quota).toMatchObject({ window: { name: 'minute' }, remaining: 2 });
    clock.now += MINUTE;
    expect((await charge(5)).quota).toMatchObject({ window: { name: 'minute' }, remaining: 0 });
    clock.now += MINUTE;
    await charge(5);
    clock.now += MINUTE;
    expect((await charge(2)).quota).toMatchObject({ window: { name: 'hour' }, remaining: 5 });
  });

  it('is reported with the window that stays so the longest, of several equally near ones', async () => {
    const equal = planOf(parsePlans('{"equal": {"minute": 5, "hour": 5, "day": 5}}'), 'equal');
    expect((await charger()(2, equal)).quota).toMatchObject({ window: { name: 'day' }, remaining: 3 });
  });

  it('above what remains is rejected with the cost, the window that refuses, and when it will fit', async () => {
    const charge = charger();
    await charge(3);
    clock.now += 10_000;
    expect(await rejectionOf(charge(3))).toMatchObject({
      reason: 'rate_limited',
      retryAfterMs: MINUTE - 10_000,
      metadata: { window: 'minute', limit: '5', cost: '3', plan: 'free' },
      quota: { window: { name: 'minute' }, remaining: 2 },
    });
    expect((await charge(2)).quota?.remaining).toBe(0);
  });

  it('names the window with the longer wait, though another is nearer to exhaustion', async () => {
    const charge = charger();
    for (let minute = 0; minute < 3; minute += 1) {
      await charge(5);
      clock.now += MINUTE;
    }
    await charge(4);
    // The minute has 1 of 5 left, and the hour 1 of 20.
    const rejection = await rejectionOf(charge(2));
    expect(rejection.metadata).toEqual({ window: 'hour', limit: '20', cost: '2', plan: 'free' });
    expect(rejection.retryAfterMs).toBe(HOUR - 3 * MINUTE);
    await charge(1);
    clock.now += HOUR - MINUTE;
    await charge(3);
    // Now the minute has 2 of 5 left, and the hour more than 4.
    expect((await rejectionOf(charge(4))).metadata).toMatchObject({ window: 'minute', cost: '4' });
  });

  it('of one is not named, as before costs', async () => {
    const charge = charger();
    await charge(5);
    expect((await rejectionOf(charge(1))).metadata).toEqual({ window: 'minute', limit: '5', plan: 'free' });
  });

  it('over the limit is rejected for ever: without a wait, and nothing is counted', async () => {
    const charge = charger();
    for (let calls = 0; calls < 3; calls += 1) {
      const rejection = await rejectionOf(charge(6));
      expect(rejection).toMatchObject({
        reason: 'cost_over_limit',
        retryAfterMs: undefined,
        metadata: { window: 'minute', limit: '5', cost: '6', plan: 'free' },
        quota: { remaining: 5 },
        keyId: 'one',
      });
    }
    expect((await charge(5)).quota?.remaining).toBe(0);
    expect((await rejectionOf(charge(21))).metadata).toMatchObject({ window: 'minute', cost: '21' });
  });

  it('over a limit of one is named, though it is of one more', async () => {
    const charge = charger();
    const one = planOf(parsePlans('{"free": {"hour": 1}}'), 'free');
    expect((await rejectionOf(charge(2, one))).metadata).toEqual({ window: 'hour', limit: '1', cost: '2', plan: 'free' });
  });

  it('is free on a plan without limits', async () => {
    expect((await charger()(1000, planOf(PLANS, 'unlimited'))).quota).toBeUndefined();
  });

  it.each([0, -1, 1.5, 1001, Number.NaN])('of %d is a bug', async (cost) => {
    await expect(charger()(cost)).rejects.toThrow(RangeError);
    await expect(charger()(cost, planOf(PLANS, 'unlimited'))).rejects.toThrow(RangeError);
  });
});

describe('a call that fails', () => {
  it('is refunded whole to the hour, and not to the minute', async () => {
    const charge = charger();
    const admission = await charge(4);
    admission.settle(true);
    admission.settle(true);
    expect((await rejectionOf(charge(2))).metadata).toMatchObject({ window: 'minute' });
    clock.now += MINUTE;
    for (let minute = 0; minute < 4; minute += 1) {
      await charge(5);
      clock.now += MINUTE;
    }
    expect((await rejectionOf(charge(1))).metadata).toMatchObject({ window: 'hour' });
  });
});

describe('while the shared store is unreachable', () => {
  it('costs are counted here by the same rules', async () => {
    const away = async () => Promise.reject(new StoreUnavailableError(new Error('away')));
    const charge = charger({ charge: away, refund: away, usage: away });
    expect(await rejectionOf(charge(6))).toMatchObject({ reason: 'cost_over_limit', metadata: { cost: '6' } });
    const failing = await charge(4);
    expect(await rejectionOf(charge(2))).toMatchObject({ reason: 'rate_limited', metadata: { window: 'minute', cost: '2' } });
    failing.settle(true);
    clock.now += MINUTE;
    for (let minute = 0; minute < 4; minute += 1) {
      await charge(5);
      clock.now += MINUTE;
    }
    expect((await rejectionOf(charge(1))).metadata).toMatchObject({ window: 'hour' });
  });

  describe('it reports', () => {
    const AWAY = new StoreUnavailableError(new Error('away'));
    let told: (StoreUnavailableError | 'shared')[];
    let underWay: PromiseWithResolvers<ChargeResult>[];

    beforeEach(() => {
      told = [];
      underWay = [];
    });

    /** Begins charges whose outcome in the shared store is still open. */
    function begin(charging: Charging, count: number): PromiseWithResolvers<ChargeResult>[] {
      for (let begun = 0; begun < count; begun += 1) void charging.charge(principal, FREE, 1);
      return underWay.splice(0);
    }

    function watched(events: Partial<ChargingOptions> = {}): Charging {
      const charge = () => {
        const outcome = Promise.withResolvers<ChargeResult>();
        underWay.push(outcome);
        return outcome.promise;
      };
      return createCharging({ limits: { ...createLocalLimits(), charge }, clock, ...events });
    }

    const events = { onFallback: (error: StoreUnavailableError) => told.push(error), onShared: () => told.push('shared') };
    const answer = async (...charges: (PromiseWithResolvers<ChargeResult> | undefined)[]) => {
      for (const charge of charges)
        charge?.resolve({ allowed: true, chargedAt: START, states: [], retryAfterMs: 0, refusing: undefined });
      await nextTurn();
    };
    const fail = async (...charges: (PromiseWithResolvers<ChargeResult> | undefined)[]) => {
      for (const charge of charges) charge?.reject(AWAY);
      await nextTurn();
    };

    it('once when counting turns local, with the error, and once when it is shared again', async () => {
      const charging = watched(events);
      await answer(...begin(charging, 3));
      expect(told).toEqual([]);
      for (let charge = 0; charge < 3; charge += 1) await fail(...begin(charging, 1));
      expect(told).toEqual([AWAY]);
      for (let charge = 0; charge < 3; charge += 1) await answer(...begin(charging, 1));
      expect(told).toEqual([AWAY, 'shared']);
      await fail(...begin(charging, 1));
      expect(told).toEqual([AWAY, 'shared', AWAY]);
    });

    it('of no change by charges that were begun before the last one', async () => {
      const charging = watched(events);
      const before = begin(charging, 3);
      await fail(before[0]);
      // The answer of a Redis that has been lost since.
      await answer(before[1]);
      await fail(before[2]);
      expect(told).toEqual([AWAY]);
      const during = begin(charging, 2);
      await answer(during[0]);
      await fail(during[1]);
      expect(told).toEqual([AWAY, 'shared']);
    });

    it('to nobody without a listener', async () => {
      const charging = watched();
      await fail(...begin(charging, 1));
      await answer(...begin(charging, 1));
      expect(begin(charging, 1)).toHaveLength(1);
    });
  });
});
