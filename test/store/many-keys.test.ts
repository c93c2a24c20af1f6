/** 100,000 API keys: the cost of a page does not depend on its place, and the search for another admin key costs next to nothing. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { afterAll, expect, it } from 'vitest';
import { type KeyPlace, type KeyStore, type Store, StoreUnavailableError } from '../../src/ports/store.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { issue, START } from '../auth/fixtures.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { runningMs } from '../support/running-time.ts';

const COUNT = 100_000;
const PAGE = 100;

const folder = mkdtempSync(join(tmpdir(), 'otpd-many-'));
afterAll(() => rmSync(folder, { recursive: true }));

const idOf = (place: number): string => place.toString(36).padStart(12, '0');
/** Ten keys share each time, and their ids are in random order. */
const momentOf = (place: number): number => START + ((place * 7919) % (COUNT / 10));

/** Reads all pages. Resolves to the median times of the first and the last tenth of the pages, in ms. */
async function walk(
  keys: Pick<KeyStore, 'page'>,
): Promise<{ ids: Set<string>; isInOrder: boolean; first: number; last: number }> {
  const ids = new Set<string>();
  const costs: number[] = [];
  let [last, isInOrder]: [KeyPlace | undefined, boolean] = [undefined, true];
  for (;;) {
    const startedAt = performance.now();
    const page = await keys.page(last, PAGE);
    costs.push(performance.now() - startedAt);
    for (const key of page) {
      const before: KeyPlace = last ?? { createdAt: 0, id: '' };
      isInOrder &&= before.createdAt < key.createdAt || (before.createdAt === key.createdAt && before.id < key.id);
      ids.add(key.id);
      last = { createdAt: key.createdAt, id: key.id };
    }
    if (page.length < PAGE) break;
  }
  const median = (some: readonly number[]): number => some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)] ?? 0;
  return { ids, isInOrder, first: median(costs.slice(0, costs.length / 10)), last: median(costs.slice((costs.length * 9) / 10)) };
}

async function expectFlat(keys: Pick<KeyStore, 'page'>): Promise<void> {
  const { ids, isInOrder, first, last } = await walk(keys);
  expect(ids.size).toBe(COUNT);
  expect(isInOrder).toBe(true);
  // A list that skips the keys before a page would take a hundred times as long at its end.
  expect(last).toBeLessThan(5 * first + 2);
}

/** Repeats calls that a busy machine did not answer in time. */
function patient({ keys, ping }: Store): Pick<KeyStore, 'page'> {
  const page: KeyStore['page'] = async (after, limit) => {
    try {
      return await keys.page(after, limit);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await ping().catch(() => undefined);
      return page(after, limit);
    }
  };
  return { page };
}

it('in SQLite', async () => {
  const file = join(folder, 'otpd.db');
  const store = openSqliteStore({ file });
  const database = new DatabaseSync(file);
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const insert = database.prepare(
    "INSERT INTO api_key (id, name, plan, scopes, created_at) VALUES (?, 'one of many', 'free', 'token verify', ?)",
  );
  const insertSecret = database.prepare(
    'INSERT INTO api_key_secret (key_id, position, digest, created_at) VALUES (?, 0, zeroblob(32), 0)',
  );
  for (let place = 0; place < COUNT; place += 1) {
    insert.run(idOf(place), momentOf(place));
    insertSecret.run(idOf(place));
  }
  database.exec('COMMIT');
  database.close();
  await expectFlat(store.keys);
  const { record } = issue({ scopes: ['admin'] });
  await store.keys.insert(record);
  const startedAt = runningMs();
  for (let times = 0; times < 50; times += 1)
    expect(await store.keys.updateWithOtherAdmin(record.id, (key) => key, START)).toBe('last');
  // A look at each key would take about ten milliseconds per call.
  expect((runningMs() - startedAt) / 50).toBeLessThan(5);
  await store.close();
});

redisSuite('in Redis', () => {
  it('as they are, and made by an earlier version, which kept no order of them', async () => {
    const server = await startRedis();
    const direct = new Redis(server.port, '127.0.0.1');
    const store = await openRedisStore({ url: server.url, onWarning: () => undefined });
    const digest = randomBytes(32).toString('base64');
    for (let from = 0; from < COUNT; from += 1000) {
      const fields = Array.from({ length: 1000 }, (_, offset) => {
        const place = from + offset;
        const kept = {
          name: 'one of many',
          plan: 'free',
          scopes: ['token'],
          createdAt: momentOf(place),
          secrets: [{ digest, createdAt: 0 }],
        };
        return [idOf(place), `${place} ${JSON.stringify(kept)}`];
      });
      await direct.hset('{otpd}:keys', ...fields.flat());
    }
    const keys = patient(store);
    expect(await keys.page(undefined, 1)).toHaveLength(1);
    await expectFlat(keys);
    const [first] = await keys.page(undefined, 1);
    expect(first?.secrets).toMatchObject([{ awaitsUse: false }]);
    await store.close();
    direct.disconnect();
    await server.stop();
  });
});
