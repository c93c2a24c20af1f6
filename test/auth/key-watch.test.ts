/** The keys of long calls: when they end, what an outage does, and that any number of them costs one question at a time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { revokeApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import { begin, type FlakyStore, issue, MINUTE, SECOND, type SettableClock, START } from './fixtures.ts';

const PEER = '192.0.2.1:5000';

let clock: SettableClock;
let store: FlakyStore;
let authenticator: Authenticator;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  ({ clock, store } = begin());
  authenticator = createAuthenticator({ keys: store.keys, clock });
});
afterEach(() => {
  vi.useRealTimers();
});

async function stored(...input: Parameters<typeof issue>) {
  const issued = issue(...input);
  await store.keys.insert(issued.record);
  return issued;
}

/** A call that was let in and goes on; how it was ended so far. */
interface Stream {
  readonly ends: unknown[];
  readonly leave: () => void;
}

async function opened(apiKey: string): Promise<Stream> {
  await authenticator.authenticate(apiKey, PEER);
  const ends: unknown[] = [];
  const leave = authenticator.watch(apiKey, (reason) => ends.push(reason instanceof Rejection ? reason.reason : reason));
  return { ends, leave };
}

/** Lets time pass, the checks that fall into it made and answered. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.now += 100;
    vi.advanceTimersByTime(100);
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  }
}

describe('a stream ends, once', () => {
  it('within a second of the revocation of its key', async () => {
    const { apiKey, record } = await stored();
    const stream = await opened(apiKey);
    await pass(5 * SECOND);
    await store.keys.update(record.id, (key) => revokeApiKey(key, clock.now));
    await pass(900);
    expect(stream.ends).toEqual(['api_key_invalid']);
    await pass(5 * SECOND);
    expect(stream.ends).toHaveLength(1);
  });

  it('within a second, although its key was revoked right after it was opened', async () => {
    const { apiKey, record } = await stored();
    const stream = await opened(apiKey);
    await store.keys.update(record.id, (key) => revokeApiKey(key, clock.now));
    await pass(900);
    expect(stream.ends).toEqual(['api_key_invalid']);
  });

  it('within a second of a rotation without a grace; one of the new secret goes on', async () => {
    const old = await stored();
    const stream = await opened(old.apiKey);
    const renewed = rotateApiKey(old.record, 0, clock.now);
    await store.keys.update(old.record.id, () => renewed.record);
    await pass(900);
    expect(stream.ends).toEqual(['api_key_invalid']);
    const newer = await opened(renewed.apiKey);
    await pass(5 * SECOND);
    expect(newer.ends).toEqual([]);
  });

  it('when the grace of a rotation ends; one of the new secret goes on', async () => {
    const old = await stored();
    const stream = await opened(old.apiKey);
    const renewed = rotateApiKey(old.record, 3 * SECOND, clock.now);
    await store.keys.update(old.record.id, () => renewed.record);
    await pass(2_900);
    const newer = await opened(renewed.apiKey);
    expect(stream.ends).toEqual([]);
    await pass(300);
    expect([stream.ends, newer.ends]).toEqual([['api_key_invalid'], []]);
  });

  it('when its key expires, the store being away or hanging', async () => {
    const { apiKey } = await stored({ expiresAt: START + 3 * SECOND });
    const hanging = { ...store.keys, version: store.keys.version };
    authenticator = createAuthenticator({ keys: hanging, clock });
    const stream = await opened(apiKey);
    hanging.version = () => new Promise(() => undefined);
    store.down = true;
    await pass(2_900);
    expect(stream.ends).toEqual([]);
    await pass(300);
    expect(stream.ends).toEqual(['api_key_invalid']);
  });

  it('within a second when its key is not in the store any more', async () => {
    const { apiKey, record } = await stored();
    let isGone = false;
    const keys: typeof store.keys = {
      ...store.keys,
      version: async () => `${await store.keys.version()} ${isGone}`,
      findMany: async (ids) => (await store.keys.findMany(ids)).filter(({ id }) => !isGone || id !== record.id),
    };
    authenticator = createAuthenticator({ keys, clock });
    const stream = await opened(apiKey);
    isGone = true;
    await pass(900);
    expect(stream.ends).toEqual(['api_key_invalid']);
  });

  it('after 15 minutes at the latest, should the change have left the version as it was', async () => {
    const { apiKey, record } = await stored();
    authenticator = createAuthenticator({ keys: { ...store.keys, version: async () => 'always the same' }, clock });
    const stream = await opened(apiKey);
    await store.keys.update(record.id, (key) => revokeApiKey(key, START));
    clock.now += 15 * MINUTE;
    await pass(SECOND);
    expect(stream.ends).toEqual(['api_key_invalid']);
  });

  it('also where its key ended between its admission and the watch', async () => {
    const { apiKey, record } = await stored({ expiresAt: START + SECOND });
    await authenticator.authenticate(apiKey, PEER);
    clock.now += SECOND;
    const ends: unknown[] = [];
    authenticator.watch(apiKey, (reason) => ends.push(reason));
    await pass(300);
    expect(ends).toMatchObject([{ reason: 'api_key_invalid' }]);
    expect(record.expiresAt).toBe(START + SECOND);
  });
});

describe('a store that has lost its state', () => {
  it('ends the streams of keys that it does not hold, and no others, though it names the same version', async () => {
    const [lost, kept] = [await stored(), await stored()];
    let isGone = false;
    const keys: typeof store.keys = {
      ...store.keys,
      findMany: async (ids) => (await store.keys.findMany(ids)).filter(({ id }) => !isGone || id !== lost.record.id),
    };
    authenticator = createAuthenticator({ keys, clock });
    const streams = [await opened(lost.apiKey), await opened(kept.apiKey)];
    isGone = true;
    authenticator.forget();
    await pass(900);
    expect(streams.map(({ ends }) => ends)).toEqual([['api_key_invalid'], []]);
  });

  it('that is away has no word to go by: streams end as calls do', async () => {
    const { apiKey } = await stored();
    const stream = await opened(apiKey);
    store.down = true;
    authenticator.forget();
    await pass(900);
    expect(stream.ends).toEqual(['store_unavailable']);
  });
});

describe('while the store is away', () => {
  it('a stream goes on for 15 minutes, and no longer', async () => {
    const { apiKey } = await stored();
    const stream = await opened(apiKey);
    store.down = true;
    await pass(SECOND);
    clock.now = START + 15 * MINUTE - SECOND;
    await pass(900);
    expect(stream.ends).toEqual([]);
    await pass(400);
    expect(stream.ends).toEqual(['store_unavailable']);
  });

  it('a stream goes on no longer for a key that was asked for again meanwhile', async () => {
    const { apiKey } = await stored();
    const stream = await opened(apiKey);
    clock.now = START + 10 * MINUTE;
    await pass(SECOND);
    store.down = true;
    // The answer of the store about the key is now as old as it may be; its answer about the version is not.
    clock.now = START + 15 * MINUTE;
    await pass(SECOND);
    clock.now = START + 25 * MINUTE;
    await pass(500);
    expect(stream.ends).toEqual([]);
    await pass(SECOND);
    expect(stream.ends).toEqual(['store_unavailable']);
  });

  it('a stream goes on, and ends within a second of its return where the key was revoked meanwhile', async () => {
    const [revoked, other] = [await stored(), await stored()];
    const streams = [await opened(revoked.apiKey), await opened(other.apiKey)];
    store.down = true;
    await pass(10 * SECOND);
    await store.keys.update(revoked.record.id, (key) => revokeApiKey(key, clock.now));
    await pass(10 * SECOND);
    expect(streams.map(({ ends }) => ends)).toEqual([[], []]);
    store.down = false;
    await pass(900);
    expect(streams.map(({ ends }) => ends)).toEqual([['api_key_invalid'], []]);
  });

  it('a stream goes on whose key was changed just before, and could not be read anew', async () => {
    const { apiKey } = await stored();
    let isDown = false;
    const findMany: typeof store.keys.findMany = (ids) => {
      if (isDown) store.down = true;
      return store.keys.findMany(ids);
    };
    authenticator = createAuthenticator({ keys: { ...store.keys, findMany }, clock });
    const stream = await opened(apiKey);
    isDown = true;
    await stored();
    await pass(60 * SECOND);
    expect(stream.ends).toEqual([]);
  });
});

describe('thousands of streams', () => {
  it('cost a question five times a second, and each key a look-up after a change', async () => {
    const issued = await Promise.all(Array.from({ length: 1_200 }, () => stored()));
    const streams = await Promise.all(issued.flatMap(({ apiKey }) => [opened(apiKey), opened(apiKey), opened(apiKey)]));
    Object.assign(store, { finds: 0, versions: 0, questions: 0 });
    await pass(10 * SECOND);
    expect(store.finds).toBe(0);
    expect(store.versions).toBeLessThanOrEqual(51);
    const [revoked] = issued;
    await store.keys.update(revoked?.record.id ?? '', (key) => revokeApiKey(key, clock.now));
    await pass(SECOND);
    expect(store.finds).toBe(1_200);
    expect(store.questions).toBeLessThanOrEqual(18);
    expect(streams.filter(({ ends }) => ends.length > 0)).toHaveLength(3);
  });

  it('leave nothing behind: no timer, and no question', async () => {
    const { apiKey } = await stored();
    expect(vi.getTimerCount()).toBe(0);
    const streams = await Promise.all(Array.from({ length: 100 }, () => opened(apiKey)));
    expect(vi.getTimerCount()).toBe(1);
    for (const { leave } of streams) leave();
    for (const { leave } of streams) leave();
    expect(vi.getTimerCount()).toBe(0);
    const { versions } = store;
    await pass(SECOND);
    expect(store.versions).toBe(versions);
    const again = await opened(apiKey);
    expect(vi.getTimerCount()).toBe(1);
    await store.keys.update(issue().record.id, (key) => key);
    authenticator.forget();
    again.leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that were left are told of nothing', async () => {
    const { apiKey, record } = await stored();
    const [left, stays] = [await opened(apiKey), await opened(apiKey)];
    await store.keys.update(record.id, (key) => revokeApiKey(key, clock.now));
    left.leave();
    await pass(SECOND);
    expect([left.ends, stays.ends]).toEqual([[], ['api_key_invalid']]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('only what can be a key is watched', () => {
  expect(() => authenticator.watch('wrong', () => undefined)).toThrow(TypeError);
});
