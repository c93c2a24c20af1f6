/** The keys of long calls: when the calls end, the effects of an outage, and that any number of calls costs one query at a time. */
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

/** A long call that was admitted, and the reasons for which it was ended. */
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

/** Lets time pass, with the checks in this time and their answers. */
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

  it('within a second of a rotation without a grace period; a stream with the new secret continues', async () => {
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

  it('when the grace period of a rotation ends; a stream with the new secret continues', async () => {
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

  it('when its key expires, even if the store is unreachable or hangs', async () => {
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

  it('after 15 minutes at the latest, even if a change has not changed the version', async () => {
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

describe('while its key is read again', () => {
  /** A stream whose key is revoked, and that expires a second later; the store is asked, and answers when it is told to. */
  async function readSlowly() {
    const { apiKey, record } = await stored({ expiresAt: START + SECOND });
    const answer = Promise.withResolvers<void>();
    const keys = { ...store.keys, findMany: store.keys.findMany };
    authenticator = createAuthenticator({ keys, clock });
    const stream = await opened(apiKey);
    keys.findMany = async (ids) => {
      await answer.promise;
      return store.keys.findMany(ids);
    };
    await store.keys.update(record.id, (key) => revokeApiKey(key, clock.now));
    await pass(700);
    expect(stream.ends).toEqual([]);
    return { stream, answer: answer.resolve };
  }

  it('a stream that expires ends once, whatever is read then', async () => {
    const { stream, answer } = await readSlowly();
    await pass(500);
    expect(stream.ends).toEqual(['api_key_invalid']);
    answer();
    await pass(100);
    expect(stream.ends).toHaveLength(1);
  });

  it('a stream that was left is told of nothing', async () => {
    const { stream, answer } = await readSlowly();
    stream.leave();
    answer();
    await pass(100);
    expect(stream.ends).toEqual([]);
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

  it('that is unreachable without an earlier answer: streams end as calls do', async () => {
    const { apiKey } = await stored();
    const stream = await opened(apiKey);
    store.down = true;
    authenticator.forget();
    await pass(900);
    expect(stream.ends).toEqual(['store_unavailable']);
  });
});

describe('while the store is unreachable', () => {
  it('a stream continues for 15 minutes, and no longer', async () => {
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

  it('a stream continues no longer if its key was read again in the meantime', async () => {
    const { apiKey } = await stored();
    const stream = await opened(apiKey);
    clock.now = START + 10 * MINUTE;
    await pass(SECOND);
    store.down = true;
    // The store's answer about the key is now as old as it may be, but its answer about the version is not.
    clock.now = START + 15 * MINUTE;
    await pass(SECOND);
    clock.now = START + 25 * MINUTE;
    await pass(500);
    expect(stream.ends).toEqual([]);
    await pass(SECOND);
    expect(stream.ends).toEqual(['store_unavailable']);
  });

  it('a stream continues, and ends within a second of the return of the store if the key was revoked', async () => {
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

  it('a stream continues whose key was changed just before, and could not be read again', async () => {
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

  it('that have ended are not notified', async () => {
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
