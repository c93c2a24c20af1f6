/** Tests the pool of masters: it opens each master once and again after a loss, and closes each master that it drops. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import type { Master } from '../../src/store/redis/master.ts';
import { createMasterPool, type MasterPool } from '../../src/store/redis/master-pool.ts';
import type { RedisAddress } from '../../src/store/redis/url.ts';

const ANEW_MS = 100;
const ADDRESS: RedisAddress = { host: 'a', port: 1, tls: false, username: '', password: '', db: 0 };
const NAME = 'a:1';

interface Attempt extends PromiseWithResolvers<Master> {
  readonly lose: () => void;
}

let attempts: Attempt[];
let heard: string[];
let pool: MasterPool;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  attempts = [];
  heard = [];
  pool = createMasterPool(
    (_, lose) => {
      const attempt = { ...Promise.withResolvers<Master>(), lose };
      attempts.push(attempt);
      return attempt.promise;
    },
    {
      onOpen: ({ host }) => heard.push(`${host} open`),
      onFailure: ({ host }, error) => heard.push(`${host} ${String(error)}`),
      onLost: () => heard.push('lost'),
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const unavailable = expect.any(StoreUnavailableError);
/** Returns a master that records its closing. */
const masterOf = (name: string) => ({ close: async () => void heard.push(`${name} closed`) }) as unknown as Master;

/** Resolves to the first master of the pool. */
async function opened(): Promise<Master> {
  const master = masterOf('first');
  pool.at(ADDRESS);
  attempts[0]?.resolve(master);
  await pass(0);
  return master;
}

describe('a master', () => {
  it('is opened once, for all who ask, however long that takes', async () => {
    const entry = pool.at(ADDRESS);
    await pass(60_000);
    expect(pool.at({ ...ADDRESS })).toBe(entry);
    expect(entry.master).toBeUndefined();
    const master = masterOf('first');
    attempts[0]?.resolve(master);
    expect(await entry.state).toBe(master);
    await pass(60_000);
    expect(pool.at(ADDRESS).master).toBe(master);
    expect([attempts.length, heard]).toEqual([1, ['a open']]);
  });

  it('is each its own by host and port', () => {
    for (const [host, port] of [
      ['a', 1],
      ['a', 2],
      ['b', 1],
    ] as const)
      pool.at({ ...ADDRESS, host, port });
    expect(attempts).toHaveLength(3);
  });

  it('that cannot be opened is tried again 100 ms after the attempt began, and no sooner', async () => {
    const entry = pool.at(ADDRESS);
    await pass(ANEW_MS - 1);
    attempts[0]?.reject(new Error('refused'));
    await expect(entry.state).rejects.toEqual(unavailable);
    expect(pool.at(ADDRESS)).toBe(entry);
    await pass(1);
    expect(pool.at(ADDRESS)).not.toBe(entry);
    expect([attempts.length, heard]).toEqual([2, ['a Error: refused']]);
  });

  it('that is lost refuses at once, and is opened again', async () => {
    await opened();
    const entry = pool.at(ADDRESS);
    attempts[0]?.lose();
    expect(entry.master).toBeUndefined();
    await expect(entry.state).rejects.toEqual(unavailable);
    await pass(ANEW_MS);
    const anew = pool.at(ADDRESS);
    const second = masterOf('second');
    attempts[1]?.resolve(second);
    expect(await anew.state).toBe(second);
    expect(pool.at(ADDRESS).master).toBe(second);
    expect([attempts.length, heard]).toEqual([2, ['a open', 'lost', 'a open']]);
  });

  it('that is lost twice within 100 ms is not opened in between', async () => {
    await opened();
    await pass(ANEW_MS);
    attempts[0]?.lose();
    pool.at(ADDRESS);
    attempts[1]?.lose();
    pool.at(ADDRESS);
    expect(attempts).toHaveLength(2);
    await pass(ANEW_MS);
    pool.at(ADDRESS);
    expect(attempts).toHaveLength(3);
  });

  it('that is lost in the moment in which it opens is not used', async () => {
    const entry = pool.at(ADDRESS);
    attempts[0]?.resolve(masterOf('first'));
    attempts[0]?.lose();
    await pass(0);
    expect(entry.master).toBeUndefined();
    await expect(entry.state).rejects.toEqual(unavailable);
    expect(heard).toEqual(['lost']);
  });
});

describe('a master that is dropped', () => {
  it.each([0, 500])('is opened again on request, and the former one closed after %d ms', async (lingerMs) => {
    const former = await opened();
    pool.drop(NAME, lingerMs);
    expect(vi.getTimerCount()).toBe(lingerMs === 0 ? 0 : 1);
    expect(pool.at(ADDRESS).master).not.toBe(former);
    expect(attempts).toHaveLength(2);
    if (lingerMs > 0) {
      await pass(lingerMs - 1);
      expect(heard).toEqual(['a open']);
    }
    await pass(1);
    expect(heard).toEqual(['a open', 'first closed']);
  });

  it.each([0, 500])('while it opens is closed once it is open, if it had %d ms', async (lingerMs) => {
    pool.at(ADDRESS);
    pool.drop(NAME, lingerMs);
    await pass(lingerMs);
    attempts[0]?.resolve(masterOf('first'));
    await pass(0);
    expect(heard).toContain('first closed');
    const master = masterOf('second');
    pool.at(ADDRESS);
    attempts[1]?.resolve(master);
    await pass(60_000);
    expect(pool.at(ADDRESS).master).toBe(master);
    expect(heard).not.toContain('second closed');
  });

  it.each([0, 500])('while it opens, and then cannot be opened, is no fault, with %d ms', async (lingerMs) => {
    pool.at(ADDRESS);
    pool.drop(NAME, lingerMs);
    attempts[0]?.reject(new Error('refused'));
    await pass(lingerMs);
    expect(attempts).toHaveLength(1);
    expect(heard).toEqual(['a Error: refused']);
  });

  it('was never there, if its name is unknown', async () => {
    await opened();
    pool.drop('b:1', 0);
    await pass(0);
    expect(heard).toEqual(['a open']);
  });
});

describe('a closed pool', () => {
  it('has closed its masters, waits for masters that are opening, and opens no more', async () => {
    await opened();
    pool.at({ ...ADDRESS, host: 'b' });
    pool.at({ ...ADDRESS, host: 'c' });
    let isClosed = false;
    const closing = pool.close().then(() => (isClosed = true));
    await pass(0);
    expect(heard).toContain('first closed');
    attempts[1]?.reject(new Error('refused'));
    await pass(0);
    expect(isClosed).toBe(false);
    attempts[2]?.resolve(masterOf('third'));
    await closing;
    expect(heard).toContain('third closed');
    const { master, state } = pool.at({ ...ADDRESS, host: 'd' });
    expect(master).toBeUndefined();
    await expect(state).rejects.toEqual(unavailable);
    expect(attempts).toHaveLength(3);
  });
});
