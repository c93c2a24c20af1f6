/** A database and a Redis that an earlier version has written are answered as by that version: nothing that was used passes again. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FormerState } from '../../src/ports/codes.ts';
import type { Store } from '../../src/ports/store.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { APPLICATION_ID, MIGRATIONS, settleAll } from '../../src/store/sqlite/schema.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { FAILURES_KEPT_MS } from '../../src/verification/rules.ts';
import { START } from '../auth/fixtures.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { attempt, DAY, named, newFingerprint, STEP } from './codes-fixtures.ts';
import { former, formerContract } from './former-contract.ts';
import { attempts, createCodesModel } from './redis-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'otpd-former-'));
const stores: Store[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** A database of the third version with these states. */
function writeDatabase(states: Readonly<Record<string, FormerState>>): string {
  files += 1;
  const file = join(folder, `${files}`, 'otpd.db');
  mkdirSync(join(folder, `${files}`));
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL');
  for (const step of MIGRATIONS.slice(0, 3)) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 3`);
  const insert = database.prepare(
    'INSERT INTO otp_state (name, last_step, failures, locked_until, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  for (const [name, { lastStep = null, failures, lockedUntil, expiresAt = null }] of Object.entries(states))
    insert.run(name, lastStep, failures, lockedUntil, expiresAt);
  database.exec(settleAll('otp_state'));
  database.close();
  return file;
}

function count(file: string, table: string): number {
  const database = new DatabaseSync(file);
  const { rows } = database.prepare(`SELECT count(*) AS rows FROM ${table}`).get() as { rows: number };
  database.close();
  return rows;
}

async function openDatabase(file: string): Promise<Store> {
  const store = openSqliteStore({ file });
  stores.push(store);
  await store.ping();
  return store;
}

formerContract('SQLite', async (states) => {
  const file = writeDatabase(states);
  const { codes } = await openDatabase(file);
  return { codes, left: () => count(file, 'former_state') };
});

describe('a database of the third version', () => {
  it('keeps a used step 30 days longer than it could match, and forgets it then in small steps', async () => {
    const file = writeDatabase(Object.fromEntries(Array.from({ length: 50 }, (_, key) => [`k${key}`, former({ lastStep: 1 })])));
    const { codes } = await openDatabase(file);
    const sweep = (now: number) => codes.judge(attempt({ fingerprint: newFingerprint(), step: undefined }), now);
    await sweep(START + 30 * DAY - 1);
    expect(count(file, 'former_state')).toBe(50);
    await sweep(START + 30 * DAY);
    expect(count(file, 'former_state')).toBe(48);
  });

  it('refuses, once it was opened, all that a program of that version would do with states', async () => {
    const file = writeDatabase({ one: former({ lastStep: 1 }) });
    const database = new DatabaseSync(file);
    const find = database.prepare('SELECT id, last_step, failures, locked_until, expires_at FROM otp_state WHERE name = ?');
    const insert = database.prepare(
      'INSERT INTO otp_state (name, last_step, failures, locked_until, expires_at) VALUES (?, ?, 0, 0, ?)',
    );
    const update = database.prepare(
      'UPDATE otp_state SET (last_step, failures, locked_until, expires_at) = (?, 0, 0, ?) WHERE id = ?',
    );
    expect(find.get('one')).toMatchObject({ last_step: 1 });
    await openDatabase(file);
    expect(() => find.get('one')).toThrow('no such column: last_step');
    expect(() => insert.run('two', 1, 1)).toThrow('no column named last_step');
    expect(() => update.run(1, 1, 1)).toThrow('no such column: last_step');
    database.close();
  });

  it('is left as it is when such a program has set the version back, with row numbers that never come again', async () => {
    const states = Object.fromEntries(Array.from({ length: 20 }, (_, key) => [`k${key}`, former({ failures: 1 })]));
    const file = writeDatabase(states);
    await openDatabase(file).then(({ codes }) => codes.judge(attempt(), START));
    for (const version of [3, 2, 1]) {
      await Promise.all(stores.splice(0).map((store) => store.close()));
      const database = new DatabaseSync(file);
      expect(database.prepare('SELECT min(id) AS first FROM otp_state').get()).toEqual({ first: 21 });
      database.exec(`PRAGMA user_version = ${version}`);
      database.close();
      const { codes } = await openDatabase(file);
      expect(await codes.judge(attempt(), START)).toMatchObject({ outcome: 'replayed' });
      expect(count(file, 'former_state')).toBe(20);
    }
  });

  it('is looked for only in a database that has one', async () => {
    const { codes: fresh } = await openDatabase(writeDatabase({}));
    const { codes: old } = await openDatabase(writeDatabase({ [named('key').former]: former({ lastStep: STEP }) }));
    expect([fresh.hasFormer, old.hasFormer]).toEqual([false, true]);
  });

  it('is brought to this one by one of several that open it at once', async () => {
    const file = writeDatabase({ [named('key').former]: former({ lastStep: STEP }) });
    const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(file)));
    const judged = await Promise.all(opened.map(({ codes }) => codes.judge(attempt(), START)));
    expect(judged.map(({ outcome }) => outcome)).toEqual(Array(4).fill('replayed'));
  });
});

redisSuite('a Redis of an earlier version', () => {
  let server: RedisServer;
  let direct: Redis;
  beforeAll(async () => {
    server = await startRedis();
    direct = new Redis(server.port, '127.0.0.1');
  });
  afterAll(async () => {
    direct.disconnect();
    await server.stop();
  });

  async function open(): Promise<Store> {
    const store = await openRedisStore({ url: server.url, callerClock: true, onWarning: () => undefined });
    stores.push(store);
    return store;
  }

  function put(
    name: string,
    { lastStep = '-', failures, lockedUntil, expiresAt = '-' }: { [key in keyof FormerState]: unknown },
  ) {
    return direct.set(`{otpd}:c:${name}`, [lastStep, failures, lockedUntil, expiresAt].join(' '));
  }

  formerContract('Redis', async (states) => {
    const { codes } = await open();
    for (const [name, state] of Object.entries(states)) await put(name, state);
    const names = Object.keys(states);
    return { codes, left: () => names.filter((name) => server.cli('exists', `{otpd}:c:${name}`) === '1').length };
  });

  it('is judged as the rules have it, whatever it holds and whatever comes', async () => {
    const { codes } = await open();
    const states = fc.record({
      lastStep: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      failures: fc.constantFrom(0, 1, 4, 5, 7, 99, 100),
      lockedUntil: fc.constantFrom(0, START, START + 60_000, START + 2 * DAY),
      expiresAt: fc.constantFrom(undefined, START - 1, START + 1, START + DAY, START + FAILURES_KEPT_MS),
    });
    const moves = fc.array(fc.record({ attempt: attempts, wait: fc.constantFrom(0, 1, 60_000, DAY, 31 * DAY, -DAY) }), {
      minLength: 1,
      maxLength: 20,
    });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(states, states, moves, async (one, other, planned) => {
        runs += 1;
        const name = `model${runs}`;
        const formers = new Map<string, FormerState>([
          [`${name}-0`, one],
          [`${name}-30`, other],
        ]);
        for (const [key, state] of formers) await put(key, state);
        const model = createCodesModel(formers);
        let now = START;
        for (const { attempt: tried, wait } of planned) {
          now += wait;
          const mine = { ...tried, fingerprint: name, former: `${name}-${tried.period}`, request: undefined };
          expect(await codes.judge(mine, now)).toEqual(model.judge(mine, now));
          expect(await codes.inspect(mine, now)).toEqual(model.inspect(mine, now));
        }
        for (const key of [`${name}-0`, `${name}-30`])
          expect(await direct.exists(`{otpd}:c:${key}`)).toBe(formers.has(key) ? 1 : 0);
      }),
      { numRuns: 100 },
    );
  });
});
