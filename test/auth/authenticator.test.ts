/** Authentication: who is admitted, what others are told, when a change takes effect, and the effects of an outage of the store. */
import { beforeEach, describe, expect, it } from 'vitest';
import { revokeApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.ts';
import { createKeyCache, type KeyCache } from '../../src/auth/key-cache.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { begin, type FlakyStore, HOUR, issue, MINUTE, rejectionOf, SECOND, type SettableClock, START } from './fixtures.ts';

const PEER = '192.0.2.1:5000';
const OTHER_PEER = '192.0.2.2:5000';

let clock: SettableClock;
let store: FlakyStore;
let authenticator: Authenticator;

beforeEach(() => {
  ({ clock, store } = begin());
  authenticator = createAuthenticator({ keys: store.keys, clock });
});

async function stored(...input: Parameters<typeof issue>) {
  const issued = issue(...input);
  await store.keys.insert(issued.record);
  return issued;
}

async function reasonFor(apiKey: string | undefined, peer: string = PEER): Promise<string> {
  return (await rejectionOf(authenticator.authenticate(apiKey, peer))).reason;
}

/** Fails with keys whose checksum is right. */
async function failOften(times: number, peer: string = PEER): Promise<void> {
  for (let failure = 0; failure < times; failure += 1) expect(await reasonFor(issue().apiKey, peer)).toBe('api_key_invalid');
}

describe('a caller', () => {
  it('without a key is refused as missing', async () => {
    expect(await reasonFor(undefined)).toBe('api_key_missing');
    expect(await reasonFor('')).toBe('api_key_missing');
    expect(store.finds).toBe(0);
  });

  it('with something that is no key is refused without a look-up', async () => {
    expect(await reasonFor('wrong')).toBe('api_key_invalid');
    expect(store.finds).toBe(0);
  });

  it('with an unknown, wrong, expired or revoked key gets the same error', async () => {
    const right = await stored();
    const wrong = rotateApiKey(right.record, 0, START);
    const expired = await stored({ expiresAt: START + 1 });
    const revoked = await stored();
    await store.keys.update(revoked.record.id, (key) => revokeApiKey(key, START));
    clock.now = START + 1;
    const errors = [];
    for (const { apiKey } of [issue(), wrong, expired, revoked])
      errors.push(await rejectionOf(authenticator.authenticate(apiKey, PEER)));
    const told = errors.map(({ message, reason, metadata, retryAfterMs, cause }) => ({
      message,
      reason,
      metadata,
      retryAfterMs,
      cause,
    }));
    for (const answer of told) expect(answer).toEqual(told[0]);
    expect(told[0]).toEqual({ message: 'api_key_invalid', reason: 'api_key_invalid', metadata: {} });
  });

  it('with a key is known by its id, plan, scopes and tenant', async () => {
    const { apiKey, record } = await stored({ plan: 'pro', scopes: ['token'], tenant: 'acme' });
    const principal = await authenticator.authenticate(apiKey, PEER);
    expect(principal).toEqual({ keyId: record.id, plan: 'pro', scopes: new Set(['token']), tenant: 'acme' });
  });
});

describe('a change', () => {
  it('acts within half a second: creation, also of an id asked for before', async () => {
    const issued = issue();
    expect(await reasonFor(issued.apiKey)).toBe('api_key_invalid');
    await store.keys.insert(issued.record);
    clock.now += 500;
    expect((await authenticator.authenticate(issued.apiKey, PEER)).keyId).toBe(issued.record.id);
  });

  it('acts within half a second: revocation', async () => {
    const { apiKey, record } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    await store.keys.update(record.id, (key) => revokeApiKey(key, clock.now));
    clock.now += 500;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
  });

  it('acts within half a second: rotation, with both secrets during the grace and the new one after', async () => {
    const old = await stored();
    await authenticator.authenticate(old.apiKey, PEER);
    const renewed = rotateApiKey(old.record, HOUR, clock.now);
    await store.keys.update(old.record.id, () => renewed.record);
    clock.now += 500;
    await authenticator.authenticate(old.apiKey, PEER);
    await authenticator.authenticate(renewed.apiKey, PEER);
    // Uses the remembered key instead of the key that was just read.
    await authenticator.authenticate(old.apiKey, PEER);
    clock.now = START + HOUR;
    await authenticator.authenticate(renewed.apiKey, PEER);
    expect(await reasonFor(old.apiKey)).toBe('api_key_invalid');
  });

  it('acts within half a second: another plan', async () => {
    const { apiKey, record } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    await store.keys.update(record.id, (key) => ({ ...key, plan: 'ultra' }));
    clock.now += 500;
    expect((await authenticator.authenticate(apiKey, PEER)).plan).toBe('ultra');
  });

  it('takes effect within half a second: removal from the store, even if the store is unreachable afterwards', async () => {
    const { apiKey } = await stored();
    let isGone = false;
    let isAway = false;
    const keys: typeof store.keys = {
      ...store.keys,
      version: async () => `${await store.keys.version()} ${isGone}`,
      async findMany(ids) {
        if (isAway) throw new StoreUnavailableError(new Error('away'));
        return isGone ? [] : store.keys.findMany(ids);
      },
    };
    authenticator = createAuthenticator({ keys, clock });
    await authenticator.authenticate(apiKey, PEER);
    isGone = true;
    clock.now += 500;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
    isAway = true;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
    // The version is no longer fresh, and is too old for the outage.
    clock.now += 15 * MINUTE;
    expect(await reasonFor(apiKey)).toBe('store_unavailable');
  });

  it('acts at once when it is the expiry, remembered or not', async () => {
    const { apiKey } = await stored({ expiresAt: START + 100 });
    await authenticator.authenticate(apiKey, PEER);
    clock.now = START + 100;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
    expect(store.finds).toBe(1);
  });

  it('acts at once after the clock has stepped back', async () => {
    const { apiKey, record } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    await store.keys.update(record.id, (key) => revokeApiKey(key, clock.now));
    clock.now -= HOUR;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
  });
});

describe('the store', () => {
  it('is asked once for a key that does not change, right or wrong', async () => {
    const { apiKey, record } = await stored();
    const wrong = rotateApiKey(record, 0, START);
    for (let call = 0; call < 10; call += 1) {
      await authenticator.authenticate(apiKey, PEER);
      await reasonFor(wrong.apiKey);
    }
    for (let call = 0; call < 10; call += 1) {
      clock.now += SECOND;
      await authenticator.authenticate(apiKey, PEER);
      await reasonFor(wrong.apiKey);
    }
    expect([store.finds, store.versions]).toEqual([1, 11]);
  });

  it('is asked no more often by many keys than by one', async () => {
    const issued = await Promise.all(Array.from({ length: 300 }, () => stored()));
    for (let call = 0; call < 3000; call += 1) {
      await authenticator.authenticate(issued[call % 300]?.apiKey, PEER);
      clock.now += 1;
    }
    expect(store.finds).toBe(300);
    expect(store.versions).toBeGreaterThan(5);
    expect(store.versions).toBeLessThanOrEqual(12);
  });

  it('is asked for the version while calls continue at once', async () => {
    const { apiKey } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    for (let round = 0; round < 10; round += 1) {
      clock.now += 300;
      expect(authenticator.authenticate(apiKey, PEER)).not.toBeInstanceOf(Promise);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    expect(store.finds).toBe(1);
  });

  it('is asked again for a key after a change, once, when it is used', async () => {
    const issued = await Promise.all(Array.from({ length: 20 }, () => stored()));
    for (const { apiKey } of issued) await authenticator.authenticate(apiKey, PEER);
    await stored();
    clock.now += SECOND;
    for (let round = 0; round < 3; round += 1)
      for (const { apiKey } of issued.slice(0, 5)) await authenticator.authenticate(apiKey, PEER);
    expect(store.finds).toBe(25);
  });

  it.each(['before', 'after'])('may change a key just %s it is read', async (moment) => {
    const { apiKey, record } = await stored();
    const revoke = () => store.keys.update(record.id, (key) => revokeApiKey(key, START));
    let isFirst = true;
    const findMany: typeof store.keys.findMany = async (ids) => {
      const changes = isFirst;
      isFirst = false;
      if (changes && moment === 'before') await revoke();
      const found = await store.keys.findMany(ids);
      if (changes && moment === 'after') await revoke();
      return found;
    };
    authenticator = createAuthenticator({ keys: { ...store.keys, findMany }, clock });
    await Promise.resolve(authenticator.authenticate(apiKey, PEER)).catch(() => undefined);
    clock.now += 500;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
    clock.now += SECOND;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
  });

  it('is asked for a key after 15 minutes at the latest, even if a change has not changed the version', async () => {
    const { apiKey, record } = await stored();
    const version = async () => 'always the same';
    authenticator = createAuthenticator({ keys: { ...store.keys, version }, clock });
    await authenticator.authenticate(apiKey, PEER);
    await store.keys.update(record.id, (key) => revokeApiKey(key, START));
    clock.now += 15 * MINUTE;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
  });

  it('may fail to return the version because of a bug: only the waiting call gets the error', async () => {
    const { apiKey } = await stored();
    let bug: Error | undefined;
    const version = async () => {
      if (bug !== undefined) throw bug;
      return store.keys.version();
    };
    authenticator = createAuthenticator({ keys: { ...store.keys, version }, clock });
    await authenticator.authenticate(apiKey, PEER);
    clock.now += 600;
    await authenticator.authenticate(apiKey, PEER);
    bug = new TypeError('a bug');
    clock.now += 300;
    expect(authenticator.authenticate(apiKey, PEER)).not.toBeInstanceOf(Promise);
    await new Promise((resolve) => setImmediate(resolve));
    clock.now += 200;
    await expect(authenticator.authenticate(apiKey, PEER)).rejects.toThrow(bug);
    bug = undefined;
    await authenticator.authenticate(apiKey, PEER);
  });

  it('is asked once by calls at the same time', async () => {
    const { apiKey } = await stored();
    const calls = Array.from({ length: 50 }, () => authenticator.authenticate(apiKey, PEER));
    expect(await Promise.all(calls)).toHaveLength(50);
    expect(store.finds).toBe(1);
  });

  it('is asked once for an id that no key has, until a key is created', async () => {
    const { apiKey, record } = issue();
    for (let call = 0; call < 10; call += 1) {
      expect(await reasonFor(apiKey)).toBe('api_key_invalid');
      clock.now += SECOND;
    }
    expect(store.finds).toBe(1);
    await reasonFor(apiKey);
    await store.keys.insert(record);
    clock.now += 500;
    expect((await authenticator.authenticate(apiKey, PEER)).keyId).toBe(record.id);
  });

  it('stores when keys were last used, and tries again after an outage', async () => {
    const { apiKey, record } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    store.down = true;
    await authenticator.flush();
    store.down = false;
    clock.now += 100;
    await authenticator.flush();
    expect((await store.keys.find(record.id))?.lastUsedAt).toBe(START);
    await authenticator.authenticate(apiKey, PEER);
    await authenticator.close();
    expect((await store.keys.find(record.id))?.lastUsedAt).toBe(START + 100);
  });
});

describe('while the store is unreachable', () => {
  it('a key that was read within 15 minutes works, and no longer', async () => {
    const { apiKey } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    store.down = true;
    for (clock.now = START; clock.now < START + 15 * MINUTE; clock.now += MINUTE) await authenticator.authenticate(apiKey, PEER);
    clock.now = START + 15 * MINUTE;
    const rejection = await rejectionOf(authenticator.authenticate(apiKey, PEER));
    expect(rejection).toMatchObject({ reason: 'store_unavailable' });
  });

  it('the 15 minutes begin with the last answer, not with the first', async () => {
    const { apiKey } = await stored();
    for (clock.now = START; clock.now <= START + 20 * MINUTE; clock.now += MINUTE) await authenticator.authenticate(apiKey, PEER);
    store.down = true;
    clock.now = START + 30 * MINUTE;
    await authenticator.authenticate(apiKey, PEER);
    clock.now = START + 35 * MINUTE;
    expect(await reasonFor(apiKey)).toBe('store_unavailable');
  });

  it('the store is not asked at every call', async () => {
    const { apiKey } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    store.down = true;
    clock.now += SECOND;
    for (let call = 0; call < 10; call += 1) await authenticator.authenticate(apiKey, PEER);
    expect([store.finds, store.versions]).toEqual([1, 2]);
  });

  it('a key that could not be read again after a change still works, for as long and with as few queries', async () => {
    const { apiKey } = await stored();
    let isDown = false;
    let finds = 0;
    const findMany: typeof store.keys.findMany = (ids) => {
      finds += ids.length;
      return isDown ? Promise.reject(new StoreUnavailableError(new Error('away'))) : store.keys.findMany(ids);
    };
    authenticator = createAuthenticator({ keys: { ...store.keys, findMany }, clock });
    await authenticator.authenticate(apiKey, PEER);
    await stored();
    isDown = true;
    for (let second = 1; second < 15 * 60; second += 100) {
      clock.now = START + second * SECOND;
      for (let call = 0; call < 10; call += 1) await authenticator.authenticate(apiKey, PEER);
    }
    expect(finds).toBe(10);
    clock.now = START + 15 * MINUTE;
    expect(await reasonFor(apiKey)).toBe('store_unavailable');
    isDown = false;
    await authenticator.authenticate(apiKey, PEER);
  });

  it('it recovers within half a second, with the changes that were made in the meantime', async () => {
    const { apiKey, record } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    store.down = true;
    clock.now += MINUTE;
    await authenticator.authenticate(apiKey, PEER);
    store.down = false;
    await store.keys.update(record.id, (key) => revokeApiKey(key, START));
    clock.now += 500;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
  });

  it('a remembered key still expires, and a wrong one is still refused', async () => {
    const { apiKey, record } = await stored({ expiresAt: START + MINUTE });
    await authenticator.authenticate(apiKey, PEER);
    store.down = true;
    clock.now += SECOND;
    expect(await reasonFor(rotateApiKey(record, 0, START).apiKey)).toBe('api_key_invalid');
    clock.now = START + MINUTE;
    expect(await reasonFor(apiKey)).toBe('api_key_invalid');
  });

  it('an unknown key is not judged, and not counted as a failure', async () => {
    const { apiKey } = await stored();
    store.down = true;
    for (let call = 0; call < 101; call += 1) expect(await reasonFor(apiKey)).toBe('store_unavailable');
    store.down = false;
    await authenticator.authenticate(apiKey, PEER);
  });
});

describe('a store that has lost its state', () => {
  it('admits no caller by earlier answers: neither fresh ones, nor the last answer before an outage', async () => {
    const { apiKey } = await stored();
    const principal = await authenticator.authenticate(apiKey, PEER);
    expect(authenticator.knows(principal)).toBe(true);
    store.down = true;
    authenticator.forget();
    expect(await reasonFor(apiKey)).toBe('store_unavailable');
    expect(authenticator.knows(principal)).toBe(false);
    clock.now += SECOND;
    expect(await reasonFor(apiKey)).toBe('store_unavailable');
    store.down = false;
    expect(authenticator.knows(await authenticator.authenticate(apiKey, PEER))).toBe(true);
    expect(authenticator.knows(principal)).toBe(false);
  });

  it('admits no caller by an answer that was in transit', async () => {
    const { apiKey } = await stored();
    const asked = reasonFor(apiKey);
    authenticator.forget();
    expect(await asked).toBe('store_unavailable');
    store.down = true;
    expect(await reasonFor(apiKey)).toBe('store_unavailable');
  });

  it('also forgets unknown keys, and callers whose keys it has lost do not count as guessers', async () => {
    const issued = issue();
    for (let call = 0; call < 100; call += 1) expect(await reasonFor(issued.apiKey)).toBe('api_key_invalid');
    expect(await reasonFor(issued.apiKey)).toBe('authentication_throttled');
    await store.keys.insert(issued.record);
    authenticator.forget();
    expect((await authenticator.authenticate(issued.apiKey, PEER)).keyId).toBe(issued.record.id);
  });
});

describe('a malformed key', () => {
  it('is invalid at once, needs no query, and is no failure, however often it is sent', async () => {
    const { apiKey } = await stored();
    const typo = `${apiKey.slice(0, 30)}${apiKey[30] === 'x' ? 'y' : 'x'}${apiKey.slice(31)}`;
    for (let call = 0; call < 300; call += 1) {
      for (const malformed of ['wrong', typo, `${apiKey} `]) expect(await reasonFor(malformed)).toBe('api_key_invalid');
    }
    expect([store.finds, store.versions]).toEqual([0, 0]);
    await failOften(100);
    expect(await reasonFor(typo)).toBe('api_key_invalid');
    expect(await reasonFor(issue().apiKey)).toBe('authentication_throttled');
  });
});

describe('a network that failed 100 times within a minute', () => {
  it('is told how long its wrong keys are throttled', async () => {
    await failOften(100);
    const rejection = await rejectionOf(authenticator.authenticate(issue().apiKey, PEER));
    expect(rejection).toMatchObject({ reason: 'authentication_throttled', retryAfterMs: MINUTE });
    clock.now += MINUTE - 1;
    const last = await rejectionOf(authenticator.authenticate(issue().apiKey, PEER));
    expect(last).toMatchObject({ reason: 'authentication_throttled', retryAfterMs: 1 });
    clock.now += 1;
    expect(await reasonFor(issue().apiKey)).toBe('api_key_invalid');
  });

  it('locks out no right key, remembered or never seen before', async () => {
    const [remembered, unseen] = [await stored(), await stored()];
    await authenticator.authenticate(remembered.apiKey, PEER);
    await failOften(100);
    await authenticator.authenticate(remembered.apiKey, PEER);
    expect((await authenticator.authenticate(unseen.apiKey, PEER)).keyId).toBe(unseen.record.id);
    clock.now += 30 * SECOND;
    await authenticator.authenticate(remembered.apiKey, PEER);
  });

  it('has its guesses at the secret of a key throttled, and the right secret of that key admitted', async () => {
    const { apiKey, record } = await stored();
    const guess = () => rotateApiKey(record, 0, START).apiKey;
    for (let failure = 0; failure < 100; failure += 1) expect(await reasonFor(guess())).toBe('api_key_invalid');
    expect(await reasonFor(guess())).toBe('authentication_throttled');
    expect(store.finds).toBe(1);
    expect((await authenticator.authenticate(apiKey, PEER)).keyId).toBe(record.id);
    authenticator.forget();
    await failOften(100);
    expect(await reasonFor(guess())).toBe('authentication_throttled');
    expect((await authenticator.authenticate(apiKey, PEER)).keyId).toBe(record.id);
  });

  it('gains nothing from a key that was remembered as right: once it is revoked it is throttled', async () => {
    const { apiKey, record } = await stored();
    await authenticator.authenticate(apiKey, PEER);
    await failOften(100);
    await store.keys.update(record.id, (key) => revokeApiKey(key, START));
    clock.now += SECOND;
    expect(await reasonFor(apiKey)).toBe('authentication_throttled');
    const { finds } = store;
    expect(await reasonFor(apiKey)).toBe('authentication_throttled');
    expect(store.finds).toBe(finds);
  });

  it('is alone in that', async () => {
    await failOften(100);
    expect(await reasonFor(issue().apiKey, OTHER_PEER)).toBe('api_key_invalid');
  });

  it('does not result from calls without a key, nor from right keys', async () => {
    const { apiKey } = await stored();
    for (let call = 0; call < 200; call += 1) {
      expect(await reasonFor(undefined)).toBe('api_key_missing');
      await authenticator.authenticate(apiKey, PEER);
    }
    expect(await reasonFor(issue().apiKey)).toBe('api_key_invalid');
  });
});

describe('memory', () => {
  /** Reads `ids` in the turns that look-ups take. */
  async function readAll(cache: KeyCache, ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += 1000)
      await Promise.all(ids.slice(from, from + 1000).map((id) => cache.read(id, 'test')));
  }

  /** Makes a cache over a store that has a key for any id, and records the ids of its queries. */
  function cacheOfAny() {
    const { record } = issue();
    const asked: string[] = [];
    const findMany = async (ids: readonly string[]) => {
      asked.push(...ids);
      return ids.map((id) => ({ ...record, id }));
    };
    return { cache: createKeyCache({ ...store.keys, findMany }, clock), asked };
  }

  it('holds 10,000 keys', async () => {
    const { cache, asked } = cacheOfAny();
    const ids = Array.from({ length: 10_000 }, (_, place) => String(place).padStart(12, '0'));
    await readAll(cache, ids);
    clock.now += SECOND;
    await readAll(cache, ids);
    expect(asked).toHaveLength(10_000);
  });

  it('is bounded: above the bound the key used the longest ago is read again', async () => {
    const { cache, asked } = cacheOfAny();
    const ids = Array.from({ length: 10_001 }, (_, place) => String(place).padStart(12, '0'));
    await readAll(cache, ids.slice(0, -1));
    // Used again, so the second key is now the next to be dropped.
    expect(cache.get(ids[0] as string)).toBeDefined();
    await readAll(cache, ids.slice(-1));
    asked.length = 0;
    await readAll(cache, ids.slice(2));
    expect(asked).toEqual([]);
    await readAll(cache, ids.slice(0, 2));
    expect(asked).toEqual([ids[1]]);
  });

  it('of ids that no key has pushes out no key, however many there are', async () => {
    const { record } = await stored();
    const cache = createKeyCache(store.keys, clock);
    await cache.read(record.id, 'test');
    const strange = Array.from({ length: 11_000 }, (_, place) => String(place).padStart(12, '0'));
    await readAll(cache, strange);
    const { finds } = store;
    await cache.read(record.id, 'test');
    expect(store.finds).toBe(finds);
    // Unknown keys are bounded too: the first is no longer remembered, but the last is.
    expect(strange.filter((id) => cache.get(id) !== undefined)).toEqual(strange.slice(-1_000));
  });
});

describe('no error', () => {
  it('holds a key or a digest', async () => {
    const { apiKey, record } = await stored();
    const digest = Buffer.from(record.secrets[0]?.digest ?? []).toString('hex');
    const wrong = rotateApiKey(record, 0, START).apiKey;
    const errors = [
      await rejectionOf(authenticator.authenticate(wrong, PEER)),
      await rejectionOf(authenticator.authenticate(`${apiKey}x`, PEER)),
    ];
    store.down = true;
    clock.now += HOUR;
    errors.push(await rejectionOf(authenticator.authenticate(apiKey, PEER)));
    store.down = false;
    await failOften(100);
    errors.push(await rejectionOf(authenticator.authenticate(wrong, PEER)));
    expect(errors.at(-1)?.reason).toBe('authentication_throttled');
    for (const error of errors) {
      const told = [
        error.message,
        error.stack,
        JSON.stringify(error),
        String(error.cause),
        error.cause instanceof Error && error.cause.stack,
      ].join();
      for (const secret of [apiKey, wrong, apiKey.slice(18), wrong.slice(18), digest]) expect(told).not.toContain(secret);
    }
  });
});

describe('the first use of the secret that a rotation has made', () => {
  /** Makes a rotated key and the list of the uses that the store has noted. Noting a use takes a while, and fails while the store is unavailable. */
  async function rotated() {
    const old = await stored();
    const renewed = rotateApiKey(old.record, HOUR, START);
    await store.keys.update(old.record.id, () => renewed.record);
    const noted: string[] = [];
    const noteUse = async (id: string, digest: Uint8Array) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (store.down) throw new StoreUnavailableError(new Error('taken away by the test'));
      await store.keys.noteUse(id, digest);
      noted.push(id);
    };
    const own = createAuthenticator({ keys: { ...store.keys, noteUse }, clock });
    return { old, renewed, noted, authenticate: (apiKey: string) => own.authenticate(apiKey, PEER) };
  }

  it('is stored once, before the call is admitted; uses of the old secret are not', async () => {
    const { old, renewed, noted, authenticate } = await rotated();
    await authenticate(old.apiKey);
    expect(noted).toEqual([]);
    await authenticate(renewed.apiKey);
    expect(noted).toEqual([old.record.id]);
    expect((await store.keys.find(old.record.id))?.secrets[0]?.awaitsUse).toBe(false);
    await authenticate(renewed.apiKey);
    // From then on no call waits.
    for (const { apiKey } of [old, renewed]) expect(authenticate(apiKey)).not.toBeInstanceOf(Promise);
    expect(noted).toHaveLength(1);
  });

  it('is admitted while the store is unreachable, and stored by a later call', async () => {
    const { old, renewed, noted, authenticate } = await rotated();
    await authenticate(old.apiKey);
    store.down = true;
    expect((await authenticate(renewed.apiKey)).keyId).toBe(old.record.id);
    expect(noted).toEqual([]);
    store.down = false;
    await authenticate(renewed.apiKey);
    expect(noted).toEqual([old.record.id]);
  });

  it('is not that of a wrong secret', async () => {
    const { noted, old, authenticate } = await rotated();
    const wrong = rotateApiKey(old.record, 0, START);
    expect((await rejectionOf(authenticate(wrong.apiKey))).reason).toBe('api_key_invalid');
    expect(noted).toEqual([]);
  });
});
