/** A database and a Redis from an earlier version: no used code passes again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FormerState } from '../../src/ports/codes.ts';
import type { Store } from '../../src/ports/store.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { FAILURES_KEPT_MS } from '../../src/verification/rules.ts';
import { issue, START } from '../auth/fixtures.ts';
import { openPatientStore, PATIENT_REDIS } from '../support/patient-store.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { attempt, DAY, HOTP, named, newFingerprint, STEP } from './codes-fixtures.ts';
import { former, formerContract } from './former-contract.ts';
import { createOldDatabase } from './old-database.ts';
import { attempts, createCodesModel } from './redis-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'otpd-former-'));
const stores: Store[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** Writes a database of version 3 with these states. */
function writeDatabase(states: Readonly<Record<string, FormerState>>): string {
  files += 1;
  const file = join(folder, `${files}`, 'otpd.db');
  const database = createOldDatabase(file, 3);
  const insert = database.prepare(
    'INSERT INTO otp_state (name, last_step, failures, locked_until, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  for (const [name, { lastStep = null, failures, lockedUntil, expiresAt = null }] of Object.entries(states))
    insert.run(name, lastStep, failures, lockedUntil, expiresAt);
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
  const store = openPatientStore(file);
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
    expect(() => find.get('one')).toThrow('no such column: id');
    expect(() => insert.run('two', 1, 1)).toThrow('no column named last_step');
    expect(() => update.run(1, 1, 1)).toThrow('no such column');
    database.close();
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

describe('a database of the fourth version', () => {
  function write(file: string): void {
    const database = createOldDatabase(file, 4);
    const state = database.prepare(
      'INSERT INTO otp_state (name, failures, locked_until, expires_at, tracks) VALUES (?, ?, ?, ?, ?)',
    );
    state.run('used', 0, 0, START + DAY, `t30:${STEP}:${STEP}:${START + DAY}`);
    state.run('counted', 4, 0, null, 'h:0:57:-');
    const old = database.prepare('INSERT INTO former_state VALUES (?, ?, 3, 0, ?)');
    old.run(named('former').former, STEP, START + DAY);
    // The name of request id "request" of the secret "used".
    const answer = database.prepare("INSERT INTO otp_answer VALUES (?, ?, 'payload', 'accepted', ?, 1, 5, null, ?)");
    answer.run(7, 'nXnyrp-1Vo1BNMyZ8f5umk', STEP, START + DAY);
    database.close();
  }

  it('keeps its states, its former states and its answers', async () => {
    const file = join(folder, 'fourth', 'otpd.db');
    write(file);
    const { codes } = await openDatabase(file);
    const request = { id: 'request', payload: 'payload' };
    expect(await codes.judge(attempt({ fingerprint: 'used', request }), START)).toEqual({
      outcome: 'accepted',
      step: STEP,
      drift: 1,
      attemptsRemaining: 5,
      retryAfterMs: undefined,
    });
    expect(await codes.judge(attempt({ fingerprint: 'used' }), START)).toMatchObject({ outcome: 'replayed' });
    expect(await codes.judge(attempt({ fingerprint: 'former' }), START)).toMatchObject({
      outcome: 'replayed',
      attemptsRemaining: 2,
    });
    const counted = attempt({ ...HOTP, fingerprint: 'counted', step: 57 });
    expect(await codes.judge(counted, START + 400 * DAY)).toMatchObject({ outcome: 'replayed', attemptsRemaining: 1 });
  });

  it('refuses, once it was opened, the program of that version, which reads it by the numbers of its rows', async () => {
    const file = join(folder, 'still-open', 'otpd.db');
    write(file);
    const database = new DatabaseSync(file);
    const newer = database.prepare('SELECT id, name FROM otp_state WHERE id > ? ORDER BY id');
    expect(newer.all(0)).toHaveLength(2);
    await openDatabase(file);
    expect(() => newer.all(0)).toThrow('no such column: id');
    database.close();
  });
});

describe('a database of the fifth version', () => {
  it('keeps its states and its keys, which are of the default tenant and change by a version as before', async () => {
    const file = join(folder, 'fifth', 'otpd.db');
    const { record } = issue();
    const database = createOldDatabase(file, 5);
    database.prepare("INSERT INTO otp_state VALUES ('used', 0, 0, ?, ?)").run(START + DAY, `t30:${STEP}:${STEP}:${START + DAY}`);
    database
      .prepare("INSERT INTO api_key (id, name, plan, scopes, created_at) VALUES (?, 'old', 'free', 'token', 1)")
      .run(record.id);
    database
      .prepare('INSERT INTO api_key_secret (key_id, position, digest, created_at) VALUES (?, 0, ?, 1)')
      .run(record.id, record.secrets[0]?.digest ?? null);
    const { codes, keys } = await openDatabase(file);
    expect(await codes.judge(attempt({ fingerprint: 'used' }), START)).toMatchObject({ outcome: 'replayed' });
    expect(await keys.find(record.id)).toMatchObject({ name: 'old', tenant: 'default' });
    const versions = [await keys.version()];
    for (const change of ["tenant = 'acme'", "plan = 'pro'"]) {
      database.exec(`UPDATE api_key SET ${change}`);
      versions.push(await keys.version());
    }
    database.close();
    expect(new Set(versions).size).toBe(3);
    expect(await keys.find(record.id)).toMatchObject({ tenant: 'acme', plan: 'pro' });
  });

  it('continues to serve the program of that version, for which each key is of the default tenant', async () => {
    const file = join(folder, 'fifth-open', 'otpd.db');
    const database = createOldDatabase(file, 5);
    const insert = database.prepare(
      "INSERT INTO api_key (id, name, plan, scopes, created_at) VALUES (?, 'old', 'free', 'token', 1)",
    );
    const { keys } = await openDatabase(file);
    insert.run('8YRYBFJ751IY');
    database.exec('INSERT INTO api_key_secret (key_id, position, digest, created_at) SELECT id, 0, zeroblob(32), 1 FROM api_key');
    database.close();
    expect(await keys.find('8YRYBFJ751IY')).toMatchObject({ tenant: 'default' });
  });
});

describe('a database of the sixth version', () => {
  it('keeps its keys with their secrets, none of which awaits its first use, and their changes have a version as before', async () => {
    const file = join(folder, 'sixth', 'otpd.db');
    const { record } = issue();
    const database = createOldDatabase(file, 6);
    database
      .prepare("INSERT INTO api_key (id, name, plan, scopes, created_at, tenant) VALUES (?, 'old', 'free', 'token', 1, 'acme')")
      .run(record.id);
    const secret = database.prepare('INSERT INTO api_key_secret (key_id, position, digest, created_at) VALUES (?, ?, ?, 1)');
    for (const position of [0, 1]) secret.run(record.id, position, record.secrets[0]?.digest ?? null);
    const { keys } = await openDatabase(file);
    const [found] = await keys.page(undefined, 10);
    expect(found).toMatchObject({ tenant: 'acme', secrets: [{ awaitsUse: false }, { awaitsUse: false }] });
    const versions = [await keys.version()];
    for (const change of ['expires_at = 5', 'awaits_use = 1', 'created_at = 7']) {
      database.exec(`UPDATE api_key_secret SET ${change}`);
      versions.push(await keys.version());
    }
    database.close();
    expect(versions[2]).toBe(versions[1]);
    expect(new Set(versions).size).toBe(3);
  });
});

describe('a database of the seventh version without the answers beside the states', () => {
  it('gets them, and continues to serve an otpd that does not know them', async () => {
    const file = join(folder, 'seventh', 'otpd.db');
    const database = createOldDatabase(file, 7);
    const put = database.prepare(`
      INSERT INTO otp_state (name, failures, locked_until, expires_at, tracks) VALUES ('used', 0, 0, ?, ?)
      ON CONFLICT (name) DO UPDATE SET tracks = excluded.tracks`);
    put.run(START + 2 * DAY, `t30:${STEP}:${STEP}:${START + 2 * DAY}`);
    const { codes } = await openDatabase(file);
    const one = attempt({ fingerprint: 'used', step: STEP + 1, request: { id: 'request', payload: 'payload' } });
    const first = await codes.judge(one, START);
    expect(first).toMatchObject({ outcome: 'accepted' });
    put.run(START + 2 * DAY, `t30:${STEP}:${STEP + 2}:${START + 2 * DAY}`);
    database.close();
    expect(await codes.judge(one, START)).toEqual(first);
    expect(await codes.judge({ ...one, request: undefined, step: STEP + 2 }, START)).toMatchObject({ outcome: 'replayed' });
  });
});

describe.each([1, 2, 3, 4, 5, 6, 7] as const)('a database of version %i', (version) => {
  it('has the tables of a new one once it was opened', async () => {
    const [old, fresh] = [join(folder, `version-${version}`, 'otpd.db'), join(folder, `new-${version}`, 'otpd.db')];
    createOldDatabase(old, version).close();
    await Promise.all([old, fresh].map(openDatabase));
    const tables = (file: string) => {
      const database = new DatabaseSync(file);
      const found = database
        .prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name")
        .all()
        .map(({ name, sql }) => [name, String(sql).replaceAll(/\s*(\s|[,()])\s*/g, '$1')]);
      const meta = database
        .prepare('SELECT key FROM meta ORDER BY key')
        .all()
        .map(({ key }) => key);
      database.close();
      return { found, meta };
    };
    expect(tables(old)).toEqual(tables(fresh));
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
    const store = await openRedisStore({ url: server.url, ...PATIENT_REDIS, onWarning: () => undefined });
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

  it('has keys of the default tenant', async () => {
    const { keys } = await open();
    const secret = { digest: Buffer.alloc(32).toString('base64'), createdAt: START };
    const record = { name: 'old', plan: 'free', scopes: ['token'], createdAt: START, secrets: [secret] };
    await direct.hset('{otpd}:keys', '8YRYBFJ751IY', `0 ${JSON.stringify(record)}`);
    expect(await keys.find('8YRYBFJ751IY')).toMatchObject({ name: 'old', tenant: 'default' });
    expect(await keys.update('8YRYBFJ751IY', (key) => ({ ...key, plan: 'pro' }))).toMatchObject({ tenant: 'default' });
  });

  it('is judged by the rules, for any content and any attempts', async () => {
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
          [`${name}-1`, other],
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
        for (const key of [`${name}-0`, `${name}-1`, `${name}-30`])
          expect(await direct.exists(`{otpd}:c:${key}`)).toBe(formers.has(key) ? 1 : 0);
      }),
      { numRuns: 100 },
    );
  });
});
