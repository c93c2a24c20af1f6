/** Calls whose charge travels with a judgement: let in without it, charged once however they go on, and given back where they were charged. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import type { Admission, DueCharge } from '../../src/limits/admission.ts';
import { createChargeFirst } from '../../src/limits/charge-first.ts';
import { parsePlans } from '../../src/limits/plans.ts';
import type { CarriedCharge } from '../../src/ports/store.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { type Admit, createAdmit, type IncomingCall } from '../../src/rpc/admit.ts';
import { clockAt, type FlakyStore, flaky, issue, rejectionOf, type SettableClock, START } from '../auth/fixtures.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const LIMIT = 3;
const PLANS = parsePlans(`{"free": {"hour": ${LIMIT}}, "unlimited": {}}`);

let clock: SettableClock;
let store: FlakyStore;
let fallbacks: number;
let admit: Admit;

beforeEach(() => {
  clock = clockAt(START);
  store = flaky(createMemoryStore());
  Object.assign(store.limits, { isCarried: true });
  fallbacks = 0;
  const authenticator = createAuthenticator({ keys: store.keys, clock });
  admit = createAdmit({ authenticator, limits: store.limits, plans: PLANS, clock, onFallback: () => (fallbacks += 1) });
});

/** Calls with a new key, as Verify does. */
async function caller(plan: string = 'free') {
  const { apiKey, record } = issue({ plan, scopes: ['verify'] });
  await store.keys.insert(record);
  return async (more: Partial<IncomingCall> = {}): Promise<Admission> =>
    admit({ apiKey, peer: '192.0.2.1:5000', scope: 'verify', carriesCharge: true, ...more });
}

function dueOf({ due }: Admission): DueCharge {
  if (due === undefined) throw new Error('the call is charged already');
  return due;
}

/** What a store does that takes charges along. */
async function carry({ subject, windows, made }: CarriedCharge): Promise<string> {
  made(await store.limits.charge(subject, windows, clock()));
  return 'judged';
}

/** How many more calls get through. */
async function left(call: () => Promise<Admission>): Promise<number> {
  for (let calls = 0; ; calls += 1) {
    try {
      await (await call()).due?.made();
    } catch {
      return calls;
    }
  }
}

const later = () => new Promise((resolve) => setImmediate(resolve));

describe('a call that can carry its charge', () => {
  it('is let in without, and is charged by the step that carries it, once', async () => {
    const call = await caller();
    const admission = await call();
    expect([store.charges, admission.quota]).toEqual([0, undefined]);
    const due = dueOf(admission);
    expect(await due.carriedBy(carry)).toBe('judged');
    await due.made();
    expect([store.charges, admission.quota?.remaining, admission.due]).toEqual([1, LIMIT - 1, undefined]);
  });

  it('is charged by itself where nothing carries it', async () => {
    const call = await caller();
    const admission = await call();
    await Promise.all([dueOf(admission).made(), dueOf(admission).made()]);
    expect([store.charges, admission.quota?.remaining, admission.due]).toEqual([1, LIMIT - 1, undefined]);
  });

  it('is charged by itself where the step has not done it', async () => {
    const admission = await (await caller())();
    expect(await dueOf(admission).carriedBy(async () => 'judged')).toBe('judged');
    await admission.due?.made();
    expect([store.charges, admission.quota?.remaining]).toEqual([1, LIMIT - 1]);
  });

  it('is charged first where as many calls are due as its tightest limit lets in', async () => {
    const call = await caller();
    const waiting = await Promise.all(Array.from({ length: LIMIT }, () => call()));
    expect(waiting.map(({ due }) => due !== undefined)).toEqual([true, true, true]);
    const beyond = await call();
    expect([store.charges, beyond.due, beyond.quota?.remaining]).toEqual([1, undefined, LIMIT - 1]);
    // One that is made, whatever came of it, and one that is given up make room.
    await waiting[0]?.due?.made();
    expect((await call()).due).toBeDefined();
    expect((await call()).due).toBeUndefined();
    waiting[1]?.settle(true);
    await later();
    // By now its hour is full.
    expect((await rejectionOf(Promise.resolve(dueOf(waiting[2] as Admission).made()))).reason).toBe('rate_limited');
    expect((await rejectionOf(call())).reason).toBe('rate_limited');
  });

  it('has a place of its own beside those of other keys', async () => {
    const [one, other] = [await caller(), await caller()];
    for (let calls = 0; calls < LIMIT; calls += 1) expect((await one()).due).toBeDefined();
    expect((await other()).due).toBeDefined();
    expect((await one()).due).toBeUndefined();
  });

  it('is charged as all are without the scope, without limits, by other methods, and where the store takes none along', async () => {
    const call = await caller();
    expect((await rejectionOf(call({ scope: 'token' }))).reason).toBe('scope_missing');
    expect((await call({ carriesCharge: undefined })).due).toBeUndefined();
    expect((await (await caller('unlimited'))()).due).toBeUndefined();
    Object.assign(store.limits, { isCarried: undefined });
    expect((await call()).due).toBeUndefined();
    expect(store.charges).toBe(3);
  });
});

describe('over the limit', () => {
  it('the step rejects with what admission would have', async () => {
    const call = await caller();
    const last = await call();
    for (let calls = 0; calls < LIMIT; calls += 1) await dueOf(await call()).carriedBy(carry);
    const rejection = await rejectionOf(dueOf(last).carriedBy(carry));
    expect(rejection).toMatchObject({
      reason: 'rate_limited',
      metadata: { window: 'hour', plan: 'free' },
      quota: { remaining: 0 },
    });
    expect(last).toMatchObject({ due: undefined, quota: { remaining: 0 } });
    await expect((last as unknown as DueCharge).made()).rejects.toBe(rejection);
  });

  it('the next call is charged before it is let in, and carries its charge again when one has gone well', async () => {
    const call = await caller();
    const first = await call();
    expect(await left(call)).toBe(LIMIT);
    expect((await rejectionOf(call())).reason).toBe('rate_limited');
    dueOf(first);
    clock.now += 3_600_000;
    const failing = await call();
    expect([failing.due, failing.quota?.remaining]).toEqual([undefined, LIMIT - 1]);
    failing.settle(true);
    const good = await call();
    expect([good.due, good.quota?.remaining]).toEqual([undefined, LIMIT - 1]);
    good.settle(false);
    dueOf(await call());
  });
});

describe('settling', () => {
  it('gives back what the step has charged, once', async () => {
    const call = await caller();
    const admission = await call();
    await dueOf(admission).carriedBy(carry);
    admission.settle(true);
    admission.settle(true);
    await later();
    expect(await left(call)).toBe(LIMIT);
  });

  it('while the step is under way waits for its charge', async () => {
    const call = await caller();
    const admission = await call();
    const carried = dueOf(admission).carriedBy(async (charge) => {
      await later();
      return carry(charge);
    });
    admission.settle(true);
    await carried;
    await later();
    expect(await left(call)).toBe(LIMIT);
  });

  it('charges what was not charged before', async () => {
    const call = await caller();
    (await call()).settle(false);
    await later();
    expect(await left(call)).toBe(LIMIT - 1);
    const another = await caller();
    (await another()).settle(true);
    await later();
    expect(store.charges).toBeGreaterThan(LIMIT);
    expect(await left(another)).toBe(LIMIT);
  });
});

describe('while the store is away', () => {
  const fail = () => Promise.reject(new StoreUnavailableError(new Error('lost on the way')));

  it('the step fails, and the call is counted in this process, and given back there', async () => {
    const call = await caller();
    const admission = await call();
    await expect(dueOf(admission).carriedBy(fail)).rejects.toThrow(StoreUnavailableError);
    await admission.due?.made();
    expect([fallbacks, store.charges, admission.quota?.remaining]).toEqual([1, 0, LIMIT - 1]);
    admission.settle(true);
    store.down = true;
    expect((await call()).quota?.remaining).toBe(LIMIT - 1);
  });

  it('the next call is charged before it is let in: in this process, whose limit then holds', async () => {
    const call = await caller();
    await expect(dueOf(await call()).carriedBy(fail)).rejects.toThrow(StoreUnavailableError);
    store.down = true;
    for (let calls = 1; calls < LIMIT; calls += 1) expect((await call()).due).toBeUndefined();
    expect((await rejectionOf(call())).reason).toBe('rate_limited');
  });

  it('nobody is told that the limit refused what may have been judged', async () => {
    const call = await caller();
    const late = await call();
    store.down = true;
    expect(await left(call)).toBe(LIMIT);
    store.down = false;
    await expect(dueOf(late).carriedBy(fail)).rejects.toThrow(StoreUnavailableError);
    await late.due?.made();
    expect(late.quota?.remaining).toBe(0);
    late.settle(true);
  });

  it('a bug is not taken for an outage: the call is charged by itself', async () => {
    const admission = await (await caller())();
    const bug = dueOf(admission).carriedBy(() => Promise.reject(new TypeError('a bug')));
    await expect(bug).rejects.toThrow(TypeError);
    await admission.due?.made();
    expect([fallbacks, store.charges, admission.quota?.remaining]).toEqual([0, 1, LIMIT - 1]);
  });
});

it('a bounded number of callers is charged first: beyond it the one noted first is not', () => {
  const first = createChargeFirst();
  for (let id = 0; id <= 10_000; id += 1) first.add(String(id));
  expect(['0', '1', '10000'].map(first.has)).toEqual([false, true, true]);
});
