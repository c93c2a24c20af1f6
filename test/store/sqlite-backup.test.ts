/** Copies of the SQLite file: from one moment, checked, and stopped on request; and the lock under which a file is replaced. */
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyDatabase, seizeDatabase, takeUpCopy } from '../../src/store/sqlite/backup.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../src/store/sqlite/schema.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { issue, START } from '../auth/fixtures.ts';
import { createOldDatabase } from './old-database.ts';

/** More than a copy takes over in ten steps. */
const FILLED_BYTES = 60_000_000;
/** A copy that reports more often than this counts as endless. */
const MOST_STEPS = 100;

let folder: string;
let file: string;
let copy: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-backup-'));
  file = join(folder, 'otpd.db');
  copy = join(folder, 'copy.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const quiet = { now: START, onProgress: () => undefined, signal: new AbortController().signal };

async function makeStore(): Promise<void> {
  const store = openSqliteStore({ file });
  await store.keys.insert(issue().record);
  await store.bind('identity');
  await store.close();
}

function execute(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

/** Overwrites the first page of a table. */
function damagePageOf(path: string, table: string): void {
  const database = new DatabaseSync(path);
  const place = database
    .prepare('SELECT (rootpage - 1) * page_size AS start, page_size AS size FROM sqlite_schema, pragma_page_size WHERE name = ?')
    .get(table);
  database.close();
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.alloc(Number(place?.['size']), 0xff), 0, Number(place?.['size']), Number(place?.['start']));
  closeSync(descriptor);
}

describe('a copy', () => {
  it('is of one moment, though others write after each of its steps', async () => {
    await makeStore();
    execute(file, `CREATE TABLE filler AS SELECT zeroblob(${FILLED_BYTES}) AS bytes`);
    const other = new DatabaseSync(file);
    const insert = other.prepare("INSERT INTO meta (key, value) VALUES (?, '')");
    const shares: number[] = [];
    const onProgress = (share: number) => {
      shares.push(share);
      if (shares.length > MOST_STEPS) throw new Error('it begins anew for ever');
      insert.run(`later ${shares.length}`);
    };
    const facts = await copyDatabase(file, copy, { ...quiet, onProgress });
    other.close();
    expect(facts).toEqual({ schema: SCHEMA_VERSION, apiKeys: 1, identity: 'identity', madeAt: START });
    expect(shares.length).toBeGreaterThan(10);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    const found = new DatabaseSync(copy);
    expect(found.prepare("SELECT count(*) AS n FROM meta WHERE key LIKE 'later%'").get()).toEqual({ n: 0 });
    found.close();
  });

  it('holds what lies in the -wal alone, and is one file', async () => {
    const store = openSqliteStore({ file });
    await store.keys.insert(issue().record);
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
    expect(await copyDatabase(file, copy, quiet)).toMatchObject({ apiKeys: 1, identity: undefined });
    for (const companion of ['-wal', '-shm', '-journal']) expect(existsSync(copy + companion)).toBe(false);
    await store.close();
  });

  it('stops on request', async () => {
    await makeStore();
    execute(file, `CREATE TABLE filler AS SELECT zeroblob(${FILLED_BYTES}) AS bytes`);
    const stop = new AbortController();
    let steps = 0;
    const onProgress = () => {
      steps += 1;
      stop.abort();
    };
    await expect(copyDatabase(file, copy, { ...quiet, onProgress, signal: stop.signal })).rejects.toThrow(stop.signal.reason);
    expect(steps).toBe(1);
    // The original is not locked any more.
    const seized = seizeDatabase(file);
    expect(seized).toBeTypeOf('object');
    if (typeof seized === 'object') seized[Symbol.dispose]();
  });

  it('that replaces a database is no longer marked as a copy', async () => {
    await makeStore();
    await copyDatabase(file, copy, quiet);
    expect((await takeUpCopy(copy, 'backup')).madeAt).toBe(START);
    expect((await takeUpCopy(copy, 'backup')).madeAt).toBeUndefined();
  });

  it('leaves the tables of an earlier version as they are', async () => {
    createOldDatabase(file, 1).close();
    expect(await copyDatabase(file, copy, quiet)).toMatchObject({ schema: 1, apiKeys: 0 });
    expect(await takeUpCopy(copy, 'backup')).toMatchObject({ schema: 1 });
    await openSqliteStore({ file: copy }).close();
  });

  it.each([
    ['of nothing', (path: string) => writeFileSync(path, ''), 'is empty'],
    ['of rubbish', (path: string) => writeFileSync(path, 'rubbish'.repeat(1000)), 'is damaged or no SQLite database'],
    ['of the database of others', (path: string) => execute(path, 'CREATE TABLE a (b)'), 'is not a database of otpd'],
    ['of a later version', (path: string) => execute(path, LATER), 'was written by a newer otpd'],
  ])('is not made %s', async (_, make, complaint) => {
    make(file);
    await expect(copyDatabase(file, copy, quiet)).rejects.toThrow(`${file} ${complaint}`);
    await expect(takeUpCopy(file, 'backup')).rejects.toThrow(`backup ${complaint}`);
  });

  it('that was damaged is not accepted', async () => {
    await makeStore();
    await copyDatabase(file, copy, quiet);
    const descriptor = openSync(copy, 'r+');
    writeSync(descriptor, Buffer.alloc(3 * 4096, 0xff), 0, 3 * 4096, 4096);
    closeSync(descriptor);
    await expect(takeUpCopy(copy, 'backup')).rejects.toThrow(/^backup is damaged/);
  });

  it('that is damaged in an unread part is neither made nor accepted', async () => {
    await makeStore();
    await copyDatabase(file, copy, quiet);
    for (const path of [file, copy]) damagePageOf(path, 'former_state');
    await expect(takeUpCopy(copy, 'backup')).rejects.toThrow(/^backup is damaged/);
    await expect(copyDatabase(file, copy, quiet)).rejects.toThrow(`${file} is damaged`);
  });

  it('that was cut off is not accepted', async () => {
    await makeStore();
    await copyDatabase(file, copy, quiet);
    const descriptor = openSync(copy, 'r+');
    ftruncateSync(descriptor, statSync(copy).size - 4096);
    closeSync(descriptor);
    await expect(takeUpCopy(copy, 'backup')).rejects.toThrow(/^backup is damaged/);
  });
});

const LATER = `CREATE TABLE meta (key); PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION + 1}`;

describe('a database', () => {
  it('that an idle store has open cannot be seized', async () => {
    const store = openSqliteStore({ file });
    expect(seizeDatabase(file)).toBe('in use');
    await store.close();
  });

  it('that is seized is closed to others, and one file', async () => {
    await makeStore();
    const seized = seizeDatabase(file);
    if (typeof seized === 'string') throw new Error(seized);
    const other = new DatabaseSync(file);
    expect(() => other.prepare('SELECT * FROM meta').all()).toThrow('locked');
    other.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    seized[Symbol.dispose]();
    await makeStore();
  });

  it('that is damaged is reported as such', () => {
    writeFileSync(file, 'rubbish'.repeat(1000));
    expect(seizeDatabase(file)).toBe('damaged');
  });
});
