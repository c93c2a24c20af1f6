/** A thousand API keys that reach the end of their credits, on two instances over the same Redis. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CreditWarning, createCharging } from '../../src/limits/charging.ts';
import { parsePlans, planOf } from '../../src/limits/plans.ts';
import type { Principal } from '../../src/ports/principal.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import { PATIENT_REDIS } from '../support/patient-store.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { storeOpener } from './redis-fixtures.ts';

const KEYS = 1000;
const PLAN = planOf(parsePlans('{"paid": {"month": 20}}'), 'paid');
const NOON = Date.UTC(2026, 10, 30, 12);

redisSuite('credits in Redis', () => {
  let server: RedisServer;
  const open = storeOpener();
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('are exact for a thousand keys on two instances, with one warning for each share', async () => {
    const stores = await Promise.all([0, 1].map(() => open({ url: server.url, ...PATIENT_REDIS })));
    const warnings: CreditWarning[] = [];
    const onWarning = (warning: CreditWarning) => void warnings.push(warning);
    const instances = stores.map(({ limits }) => createCharging({ limits, clock: () => NOON, onWarning }));
    const principals = Array.from(
      { length: KEYS },
      (_, place): Principal => ({ keyId: `key${place}`, plan: 'paid', scopes: new Set(['token']), tenant: 'default' }),
    );
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const spend = async (principal: Principal, instance: number) => {
      try {
        // Four of six calls fail, so that each key crosses its thresholds up and down.
        const call = await instances[instance % 2]?.charge(principal, PLAN, 1);
        call?.settle(instance % 3 !== 0);
        count(instance % 3 === 0 ? 'paid' : 'given back');
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        count(error.reason);
      }
    };
    /** Calls for a hundred keys at a time. With more, Redis would take longer than a call waits for it. */
    const forAll = async (calls: readonly number[]) => {
      for (let from = 0; from < KEYS; from += 100)
        await Promise.all(principals.slice(from, from + 100).flatMap((one) => calls.map((call) => spend(one, call))));
    };
    // Both instances call at once, up to the first threshold.
    for (let round = 0; round < 15; round += 1) await forAll([3 * round]);
    await forAll([1, 2, 4, 5]);
    expect(Object.fromEntries(outcomes)).toEqual({ paid: 15 * KEYS, 'given back': 4 * KEYS });
    const used = async () => {
      const all = await Promise.all(principals.map(({ keyId }) => stores[0]?.limits.usage(keyId, PLAN.windows, NOON)));
      return new Set(all.map((usage) => usage?.[0]?.used));
    };
    await expect.poll(used).toEqual(new Set([15]));
    // Each key makes ten more calls, of which five fit.
    await forAll(Array.from({ length: 10 }, (_, call) => 3 * call));
    expect(Object.fromEntries(outcomes)).toEqual({ paid: 20 * KEYS, 'given back': 4 * KEYS, credits_exhausted: 5 * KEYS });
    expect(await used()).toEqual(new Set([20]));
    const told = warnings.map(({ keyId, threshold, month }) => `${keyId} ${threshold} ${month}`);
    expect(told).toHaveLength(2 * KEYS);
    expect(new Set(told)).toEqual(
      new Set(principals.flatMap(({ keyId }) => [80, 95].map((threshold) => `${keyId} ${threshold} 2026-11`))),
    );
  });
});
