/** Admission: the charges, refunds and reports for admitted and refused calls. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.ts';
import type { Admission } from '../../src/limits/admission.ts';
import { type Charging, createCharging } from '../../src/limits/charging.ts';
import { DEFAULT_PLANS, type Plans, parsePlans } from '../../src/limits/plans.ts';
import type { Principal, Scope } from '../../src/ports/principal.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import type { StoreUnavailableError } from '../../src/ports/store.ts';
import { type Admit, type Applicant, createAdmit } from '../../src/rpc/admission.ts';
import { begin, type FlakyStore, HOUR, issue, MINUTE, rejectionOf, type SettableClock, START } from '../auth/fixtures.ts';

let clock: SettableClock;
let store: FlakyStore;
/** The reports on the limits, in order. */
let told: (StoreUnavailableError | 'shared')[];

beforeEach(() => {
  ({ clock, store } = begin());
  told = [];
});

interface Gate {
  (call: Omit<Applicant, 'take'>): Promise<Admission>;
  readonly openStream: Admit['openStream'];
}

function gate(plans: Plans = DEFAULT_PLANS): Gate {
  const authenticator = createAuthenticator({ keys: store.keys, clock });
  const charging = createCharging({
    limits: store.limits,
    clock,
    onFallback: (error) => told.push(error),
    onShared: () => told.push('shared'),
  });
  const { admit, openStream } = createAdmit({ authenticator, charging, plans: () => plans });
  const through = async (call: Parameters<Gate>[0]): Promise<Admission> => admit({ ...call, take: () => undefined });
  return Object.assign(through, { openStream });
}

/** Makes a caller with a new key. */
async function caller(admit: Gate, plan: string = 'free', scopes: readonly Scope[] = ['token']) {
  const { apiKey, record } = issue({ plan, scopes });
  await store.keys.insert(record);
  return (scope: Scope = 'token') => admit({ apiKey, peer: '192.0.2.1:5000', scope });
}

describe('a call', () => {
  it('with a bad key is not charged', async () => {
    const rejection = await rejectionOf(gate()({ apiKey: 'wrong', peer: '192.0.2.1:5000', scope: 'token' }));
    expect(rejection).toMatchObject({ reason: 'api_key_invalid', quota: undefined });
    expect(store.charges).toBe(0);
  });

  it('over the limit learns which one, until when, and the state of the window', async () => {
    const call = await caller(gate());
    for (let calls = 0; calls < 5; calls += 1) await call();
    clock.now += 10_000;
    const rejection = await rejectionOf(call());
    expect(rejection).toMatchObject({
      reason: 'rate_limited',
      retryAfterMs: MINUTE - 10_000,
      metadata: { window: 'minute', limit: '5', plan: 'free' },
      quota: { window: { name: 'minute', limit: 5 }, remaining: 0, resetMs: MINUTE - 10_000 },
    });
    clock.now = START + MINUTE;
    expect((await call()).principal.plan).toBe('free');
  });

  it('over two limits learns the longer one', async () => {
    const call = await caller(gate(parsePlans('{"free": {"minute": 1, "hour": 1}}')));
    await call();
    expect(await rejectionOf(call())).toMatchObject({
      retryAfterMs: HOUR,
      metadata: { window: 'hour', limit: '1' },
      quota: { resetMs: HOUR },
    });
  });

  it('learns the window nearest to exhaustion', async () => {
    const call = await caller(gate(parsePlans('{"free": {"minute": 4, "hour": 10}}')));
    expect((await call()).quota).toMatchObject({ window: { name: 'minute' }, remaining: 3 });
    for (let minute = 1; minute < 4; minute += 1) {
      clock.now += MINUTE;
      await call();
    }
    clock.now += MINUTE;
    expect((await call()).quota).toMatchObject({ window: { name: 'hour' }, remaining: 5, resetMs: HOUR - 4 * MINUTE });
  });

  it('without the scope is charged to the minute, not to the hour, and learns the state of the limits', async () => {
    const call = await caller(gate(parsePlans('{"free": {"minute": 2, "hour": 2}}')), 'free', ['token']);
    for (let calls = 0; calls < 2; calls += 1) {
      const rejection = await rejectionOf(call('verify'));
      expect(rejection).toMatchObject({
        reason: 'scope_missing',
        metadata: { scope: 'verify' },
        quota: { remaining: 1 - calls },
      });
    }
    expect((await rejectionOf(call('verify'))).metadata['window']).toBe('minute');
    clock.now += MINUTE;
    await call('token');
    await call('token');
    clock.now += MINUTE;
    expect((await rejectionOf(call('token'))).metadata['window']).toBe('hour');
  });

  it('that needs any scope is admitted with any scopes of its key', async () => {
    const { apiKey, record } = issue({ scopes: ['token'] });
    await store.keys.insert(record);
    const admission = await gate()({ apiKey, peer: '192.0.2.1:5000', scope: 'any' });
    expect(admission.principal.keyId).toBe(record.id);
  });

  it('that costs no credits is counted in every window but the month', async () => {
    const admit = gate(parsePlans('{"free": {"hour": 10, "month": 3}}'));
    const { apiKey, record } = issue({ scopes: ['token'] });
    await store.keys.insert(record);
    const call = (isFree: boolean) => admit({ apiKey, peer: '192.0.2.1:5000', scope: 'any', isFree });
    for (let calls = 0; calls < 5; calls += 1) expect((await call(true)).quota).toMatchObject({ window: { name: 'hour' } });
    for (let calls = 0; calls < 3; calls += 1) await call(false);
    expect((await rejectionOf(call(false))).reason).toBe('credits_exhausted');
    for (let calls = 0; calls < 2; calls += 1) await call(true);
    expect((await rejectionOf(call(true))).metadata['window']).toBe('hour');
  });

  it('on an unlimited plan asks nothing of the store of limits', async () => {
    const call = await caller(gate(), 'unlimited');
    for (let calls = 0; calls < 200; calls += 1) expect((await call()).quota).toBeUndefined();
    expect(store.charges).toBe(0);
  });

  it('on a plan that is no longer configured falls under the strictest one', async () => {
    const call = await caller(gate(), 'retired');
    for (let calls = 0; calls < 5; calls += 1) await call();
    expect((await rejectionOf(call())).metadata).toEqual({ window: 'minute', limit: '5', plan: 'free' });
  });

  it('of another key is counted apart', async () => {
    const admit = gate();
    const [one, other] = [await caller(admit), await caller(admit)];
    for (let calls = 0; calls < 5; calls += 1) await one();
    await other();
    expect((await rejectionOf(one())).reason).toBe('rate_limited');
  });
});

describe('settling', () => {
  const plans = parsePlans('{"free": {"hour": 2}}');

  it('refunds a failed call, once', async () => {
    const call = await caller(gate(plans));
    const [first] = [await call(), await call()];
    first.settle(true);
    first.settle(true);
    await call();
    expect((await rejectionOf(call())).reason).toBe('rate_limited');
  });

  it('keeps the first outcome', async () => {
    const call = await caller(gate(plans));
    const [first] = [await call(), await call()];
    first.settle(false);
    first.settle(true);
    expect((await rejectionOf(call())).reason).toBe('rate_limited');
  });

  it('never throws, even if the store is unreachable', async () => {
    const call = await caller(gate(plans));
    const admission = await call();
    store.down = true;
    expect(() => admission.settle(true)).not.toThrow();
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('while the store of the limits is unreachable', () => {
  it('calls continue under the same limits in this process, which is reported once, as is the return', async () => {
    const call = await caller(gate());
    await call();
    store.down = true;
    for (let calls = 0; calls < 5; calls += 1) await call();
    expect(await rejectionOf(call())).toMatchObject({ reason: 'rate_limited', metadata: { window: 'minute', limit: '5' } });
    expect(told).toEqual([expect.objectContaining({ name: 'StoreUnavailableError' })]);
    store.down = false;
    for (let calls = 0; calls < 4; calls += 1) await call();
    expect(await rejectionOf(call())).toMatchObject({ reason: 'rate_limited' });
    expect(told).toHaveLength(2);
    expect(told[1]).toBe('shared');
    store.down = true;
    await rejectionOf(call());
    expect(told).toHaveLength(3);
  });

  it('a failed call is refunded where it was charged', async () => {
    const call = await caller(gate(parsePlans('{"free": {"hour": 1}}')));
    const before = await call();
    store.down = true;
    (await call()).settle(true);
    await call();
    store.down = false;
    expect((await rejectionOf(call())).reason).toBe('rate_limited');
    before.settle(true);
    await call();
  });

  it('a bug is not taken for an outage', async () => {
    const admit = gate();
    const call = await caller(admit);
    store.limits.charge = async () => Promise.reject(new TypeError('a bug'));
    await expect(call()).rejects.toThrow(TypeError);
    expect(told).toHaveLength(0);
  });
});

describe('open streams', () => {
  const principal: Principal = { keyId: 'one', plan: 'free', scopes: new Set(['token']), tenant: 'default' };

  function open(admit: Gate, keyId: string = 'one'): () => void {
    return admit.openStream({ ...principal, keyId }, issue().apiKey, () => undefined);
  }

  it('are bounded for each key', () => {
    const admit = gate(parsePlans('{"free": {"streams": 2}}'));
    open(admit);
    open(admit);
    expect(() => open(admit)).toThrow(
      expect.objectContaining({ reason: 'too_many_streams', keyId: 'one', metadata: { limit: '2' } }),
    );
    expect(() => open(admit)).toThrow(Rejection);
    open(admit, 'other');
  });

  it('make room once each when they are released', () => {
    const admit = gate(parsePlans('{"free": {"streams": 2}}'));
    const release = open(admit);
    open(admit);
    release();
    release();
    open(admit);
    expect(() => open(admit)).toThrow(Rejection);
  });

  it('have their API key watched until they are released', () => {
    const watched: string[] = [];
    const authenticator = {
      watch: (apiKey: string) => {
        watched.push(`${apiKey} begins`);
        return () => void watched.push(`${apiKey} ends`);
      },
    } as unknown as Authenticator;
    const plans = parsePlans('{"free": {"streams": 1}}');
    const { openStream } = createAdmit({ authenticator, charging: {} as Charging, plans: () => plans });
    const release = openStream(principal, 'first', () => undefined);
    expect(() => openStream(principal, 'second', () => undefined)).toThrow(Rejection);
    expect(watched).toEqual(['first begins']);
    release();
    expect(watched).toEqual(['first begins', 'first ends']);
  });

  it('are none where the plan allows none', () => {
    expect(() => open(gate(parsePlans('{"free": {"streams": 0}}')))).toThrow(Rejection);
  });
});
