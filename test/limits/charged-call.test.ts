/** A call that is charged in two parts, over each store of limits: it is counted whole or not at all, and its failed parts are refunded. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Admission } from '../../src/limits/admission.ts';
import { createCharging } from '../../src/limits/charging.ts';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import { type Plan, parsePlans, planOf } from '../../src/limits/plans.ts';
import type { Principal } from '../../src/ports/principal.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import { type LimitStore, StoreUnavailableError } from '../../src/ports/store.ts';
import { clockAt, HOUR, MINUTE, rejectionOf, START } from '../auth/fixtures.ts';
import { storeOpener } from '../store/redis-fixtures.ts';
import { PATIENT_REDIS } from '../support/patient-store.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';

const PLAN = planOf(parsePlans('{"free": {"minute": 12, "hour": 30, "day": 60}}'), 'free');

let keys = 0;
function newPrincipal(): Principal {
  keys += 1;
  return { keyId: `key-${keys}`, plan: 'free', scopes: new Set(['token']), tenant: 'default' };
}

/** How a batch ends. */
const END = fc.constantFrom('ok', 'failed', 'ok', 'left');
const batches = fc.array(
  fc.record({
    parts: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 40 })),
    failed: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
    end: END,
    wait: fc.constantFrom(0, 0, 0, MINUTE, 24 * HOUR),
  }),
  { minLength: 1, maxLength: 20 },
);

/** Counts the use of the windows in the simplest way. The waits are whole windows, so that the buckets of a log make no difference. */
function naiveCounts() {
  let entries: { at: number; minute: number; others: number }[] = [];
  const used = (now: number, periodMs: number, which: 'minute' | 'others') =>
    entries.reduce((sum, entry) => (entry.at > now - periodMs ? sum + entry[which] : sum), 0);
  return {
    usedAt: (now: number) =>
      PLAN.windows.map(({ name, periodMs }) => used(now, periodMs, name === 'minute' ? 'minute' : 'others')),
    add(at: number, minute: number, others: number) {
      entries = [...entries, { at, minute, others }];
    },
  };
}

function chargedInParts(open: () => Promise<LimitStore>): void {
  it('is counted whole or not at all, and its failed parts are refunded', async () => {
    const limits = await open();
    const clock = clockAt(START);
    const charging = createCharging({ limits, clock });
    await fc.assert(
      fc.asyncProperty(batches, async (planned) => {
        const principal = newPrincipal();
        const counts = naiveCounts();
        for (const { parts, failed, end, wait } of planned) {
          clock.now += wait;
          const now = clock.now;
          const fits = (cost: number) => counts.usedAt(now).every((used, place) => used + cost <= limitAt(place));
          const outcome = await begin(() => charging.charge(principal, PLAN, 1), parts);
          const isFinal = PLAN.windows.some(({ limit }) => limit < parts);
          const refused = fits(parts) ? undefined : isFinal && fits(1) ? 'cost_over_limit' : 'rate_limited';
          expect(outcome instanceof Rejection ? outcome.reason : undefined).toBe(refused);
          if (outcome instanceof Rejection) continue;
          const spoilt = Math.min(failed, parts);
          if (spoilt > 0) outcome.giveBack(spoilt);
          const givenBack = end === 'failed' ? parts : spoilt;
          outcome.settle(end === 'failed');
          counts.add(now, parts, parts - givenBack);
          if (end === 'failed') continue;
          expect(remainingOf(outcome)).toBe(nearest(counts.usedAt(now)));
        }
        // Refused charges have left nothing behind.
        const charged = await limits.charge(principal.keyId, PLAN.windows, 1, clock.now);
        const used = counts.usedAt(clock.now);
        const isAllowed = used.every((count, place) => count < limitAt(place));
        expect(charged.allowed).toBe(isAllowed);
        const left = used.map((count, place) => limitAt(place) - count - (isAllowed ? 1 : 0));
        expect(charged.states.map(({ remaining }) => remaining)).toEqual(left);
      }),
      { numRuns: 100 },
    );
  });

  it('that does not fit leaves room for one that does, in the minute too', async () => {
    const limits = await open();
    const { charge } = createCharging({ limits, clock: clockAt(START) });
    const principal = newPrincipal();
    for (let tries = 0; tries < 30; tries += 1) {
      const rejection = await rejectionOf(inParts(async () => charge(principal, PLAN, 1), 13));
      expect(rejection).toMatchObject({
        reason: 'cost_over_limit',
        retryAfterMs: undefined,
        metadata: { window: 'minute', limit: '12', cost: '13', plan: 'free' },
        quota: { window: { name: 'minute' }, remaining: 12, resetMs: 0 },
      });
    }
    await inParts(async () => charge(principal, PLAN, 1), 8);
    const rejection = await rejectionOf(inParts(async () => charge(principal, PLAN, 1), 5));
    expect(rejection).toMatchObject({
      reason: 'rate_limited',
      retryAfterMs: MINUTE,
      metadata: { window: 'minute', limit: '12', cost: '5', plan: 'free' },
      quota: { window: { name: 'minute' }, remaining: 4 },
    });
    expect((await inParts(async () => charge(principal, PLAN, 1), 4)).quota?.remaining).toBe(0);
  });
}

function limitAt(place: number): number {
  return PLAN.windows[place]?.limit ?? 0;
}

/** Returns the calls left in the window with the smallest remaining share. */
function nearest(used: readonly number[]): number {
  const shares = used.map((count, place) => (limitAt(place) - count) / limitAt(place));
  const least = Math.min(...shares);
  // Of equal shares, the longest window counts.
  const place = shares.lastIndexOf(least);
  return limitAt(place) - (used[place] ?? 0);
}

function remainingOf({ quota }: Admission): number | undefined {
  return quota?.remaining;
}

async function inParts(charge: () => Admission | Promise<Admission>, parts: number): Promise<Admission> {
  const admission = await charge();
  if (parts > 1) await admission.charge(parts - 1);
  return admission;
}

async function begin(charge: () => Admission | Promise<Admission>, parts: number): Promise<Admission | Rejection> {
  try {
    return await inParts(charge, parts);
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
}

describe('a call in parts, counted in memory', () => {
  chargedInParts(async () => createLocalLimits());
});

redisSuite('a call in parts, counted in Redis', () => {
  let server: RedisServer;
  const open = storeOpener();
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  chargedInParts(async () => (await open({ url: server.url, ...PATIENT_REDIS })).limits);
});

describe('a call whose store of limits is lost or returns between its parts', () => {
  /** Makes limits that are unavailable while `isAway`. */
  function flaky() {
    const shared = createLocalLimits();
    const refunds: number[] = [];
    const state = { isAway: false };
    const limits: LimitStore = {
      ...shared,
      charge: async (...args) => {
        if (state.isAway) throw new StoreUnavailableError(new Error('away'));
        return shared.charge(...args);
      },
      refund: async (subject, windows, at, count, options) => {
        refunds.push(count);
        return shared.refund(subject, windows, at, count, options);
      },
    };
    return { limits, refunds, state, shared };
  }

  it.each([
    [false, [1]],
    [true, [6]],
  ])('is given back where each part was counted (away first: %s)', async (isAwayFirst, expected) => {
    const { limits, refunds, state } = flaky();
    const { charge } = createCharging({ limits, clock: clockAt(START) });
    state.isAway = isAwayFirst;
    const admission = await charge(newPrincipal(), PLAN, 1);
    state.isAway = !isAwayFirst;
    await admission.charge(6);
    admission.settle(true);
    expect(refunds).toEqual(expected);
  });

  it('tells no more room than a window has', async () => {
    const { limits, state } = flaky();
    const { charge } = createCharging({ limits, clock: clockAt(START) });
    const hourly = planOf(parsePlans('{"free": {"hour": 30}}'), 'free');
    const admission = await charge(newPrincipal(), hourly, 1);
    state.isAway = true;
    // Counted in this process, where the first part never was.
    await admission.charge(6);
    admission.giveBack(7);
    expect(admission.quota).toMatchObject({ remaining: 30, resetMs: 0 });
  });

  it('and that is refused there is refunded here', async () => {
    const { limits, state, shared } = flaky();
    const { charge } = createCharging({ limits, clock: clockAt(START) });
    const principal = newPrincipal();
    state.isAway = true;
    // Counted in this process, up to the limit.
    await inParts(async () => charge(principal, PLAN, 1), 12);
    state.isAway = false;
    const admission = await charge(principal, PLAN, 1);
    state.isAway = true;
    expect(await rejectionOf(Promise.resolve(admission.charge(1)))).toMatchObject({ metadata: { cost: '2' } });
    const { states } = await shared.charge(principal.keyId, PLAN.windows, 12, START);
    expect(states.map(({ remaining }) => remaining)).toEqual([0, 18, 48]);
  });
});

describe('a call that ends while its rest is being counted', () => {
  /** Ends a call of one part while the store is asked for seven more; `meanwhile` is charged before them. */
  async function endEarly(isFailed: boolean, meanwhile = 0) {
    const shared = createLocalLimits();
    const answers: PromiseWithResolvers<void>[] = [];
    const limits: LimitStore = {
      ...shared,
      async charge(...args) {
        const answer = Promise.withResolvers<void>();
        answers.push(answer);
        await answer.promise;
        return shared.charge(...args);
      },
    };
    const { charge } = createCharging({ limits, clock: clockAt(START) });
    const { keyId, ...others } = newPrincipal();
    const first = charge({ keyId, ...others }, PLAN, 1);
    answers[0]?.resolve();
    const admission = await first;
    const rest = admission.charge(7);
    admission.settle(isFailed);
    if (meanwhile > 0) await shared.charge(keyId, PLAN.windows, meanwhile, START);
    answers[1]?.resolve();
    const refusal = await Promise.resolve(rest).then(
      () => undefined,
      (error: unknown) => error,
    );
    const used = (await shared.usage(keyId, PLAN.windows, START)).map((usage) => usage.used);
    return { refusal, used };
  }

  it.each([true, false])('pays for none of the rest (failed: %s)', async (isFailed) => {
    const { refusal, used } = await endEarly(isFailed);
    expect(refusal).toBeUndefined();
    // The minute, which protects the service, keeps the failed call.
    expect(used).toEqual([8, isFailed ? 0 : 1, isFailed ? 0 : 1]);
  });

  it.each([true, false])('is given back once where the rest does not fit (failed: %s)', async (isFailed) => {
    const { refusal, used } = await endEarly(isFailed, 10);
    expect(refusal).toBeInstanceOf(Rejection);
    expect(used).toEqual([11, isFailed ? 10 : 11, isFailed ? 10 : 11]);
  });
});

it('on a plan without limits nothing is counted, and there are no headers', async () => {
  const unlimited: Plan = planOf(parsePlans('{"unlimited": {}}'), 'unlimited');
  const refused = async () => Promise.reject(new Error('asked'));
  const { charge } = createCharging({ limits: { charge: refused, refund: refused, usage: refused }, clock: clockAt(START) });
  const admission = await inParts(async () => charge(newPrincipal(), unlimited, 1), 101);
  admission.giveBack(7);
  admission.settle(true);
  expect(admission.quota).toBeUndefined();
});

it('a rest that is no cost is a bug', async () => {
  const { charge } = createCharging({ limits: createLocalLimits(), clock: clockAt(START) });
  const admission = await charge(newPrincipal(), PLAN, 1);
  for (const cost of [0, -1, 1.5, 1001]) expect(() => admission.charge(cost)).toThrow(RangeError);
});
