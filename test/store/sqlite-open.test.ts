/** Opens the SQLite file: its modes and settings, and the files that are refused and stay unchanged. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, StoreFileError } from '../../src/store/sqlite/open.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { issue, START } from '../auth/fixtures.ts';
import { allKeys } from '../support/all-keys.ts';
import { openPatientStore } from '../support/patient-store.ts';
import { attempt, DAY, named, STEP } from './codes-fixtures.ts';
import { createOldDatabase } from './old-database.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-open-'));
  file = join(folder, 'data', 'otpd.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

function refusal(): string {
  try {
    openDatabase(file).close();
  } catch (error) {
    if (error instanceof StoreFileError) return error.message;
    throw error;
  }
  return 'opened';
}

async function withKeys(count: number): Promise<void> {
  const store = openSqliteStore({ file });
  for (let key = 0; key < count; key += 1) await store.keys.insert(issue().record);
  await store.close();
}

describe('the file', () => {
  it('is private, with its folder and its companions', async () => {
    const store = openSqliteStore({ file });
    await store.keys.insert(issue().record);
    expect(modeOf(join(folder, 'data'))).toBe('700');
    for (const suffix of ['', '-wal', '-shm']) expect(modeOf(file + suffix)).toBe('600');
    await store.close();
  });

  it('is made private if it was not', async () => {
    await withKeys(1);
    chmodSync(file, 0o644);
    openDatabase(file).close();
    expect(modeOf(file)).toBe('600');
  });

  it('does not change an existing folder', () => {
    mkdirSync(join(folder, 'data'), { mode: 0o755 });
    openDatabase(file).close();
    expect(modeOf(join(folder, 'data'))).toBe('755');
  });

  it('is written ahead, synced at each commit, and waited for no longer than 50 ms', () => {
    const database = openDatabase(file);
    const setting = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(['journal_mode', 'synchronous', 'busy_timeout', 'foreign_keys', 'trusted_schema'].map(setting)).toEqual([
      'wal',
      2,
      50,
      1,
      0,
    ]);
    database.close();
  });

  it('keeps what was written when it is opened again', async () => {
    await withKeys(3);
    const store = openSqliteStore({ file });
    expect(await allKeys(store.keys)).toHaveLength(3);
    await store.close();
  });

  it('keeps what was written when the process is killed', async () => {
    const source = new URL('../../src/', import.meta.url);
    const script = `
      const { openSqliteStore } = await import('${new URL('store/sqlite/store.ts', source)}');
      const { issueApiKey } = await import('${new URL('auth/api-key.ts', source)}');
      const store = openSqliteStore({ file: ${JSON.stringify(file)} });
      await store.keys.insert(issueApiKey({ name: 'x', plan: 'free', scopes: ['token'] }, 1).record);
      process.kill(process.pid, 'SIGKILL');`;
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' })).toThrow(
      'Command failed',
    );
    const store = openSqliteStore({ file });
    expect(await allKeys(store.keys)).toHaveLength(1);
    await store.close();
  });
});

describe('a new file', () => {
  it('that another process is making at the same time is waited for', async () => {
    mkdirSync(join(folder, 'data'));
    // The busy timeout does not apply when a file switches to WAL.
    const script = `
      const { parentPort } = require('node:worker_threads');
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(${JSON.stringify(file)});
      database.exec('BEGIN IMMEDIATE');
      parentPort.postMessage('locked');
      setTimeout(() => database.exec('ROLLBACK'), 200);`;
    const worker = new Worker(script, { eval: true });
    await once(worker, 'message');
    openDatabase(file).close();
    await worker.terminate();
  });
});

describe('a file of the first version', () => {
  function makeFirst(): string {
    const { record } = issue();
    const database = createOldDatabase(file, 1);
    database
      .prepare("INSERT INTO api_key (id, name, plan, scopes, created_at) VALUES (?, 'old', 'free', 'token', 1)")
      .run(record.id);
    database
      .prepare('INSERT INTO api_key_secret (key_id, position, digest, created_at) VALUES (?, 0, ?, 1)')
      .run(record.id, record.secrets[0]?.digest ?? null);
    database.close();
    return record.id;
  }

  it('keeps its keys, and shows their changes by a version from then on', async () => {
    const id = makeFirst();
    const store = openSqliteStore({ file });
    expect((await store.keys.find(id))?.name).toBe('old');
    const version = await store.keys.version();
    expect(version).toMatch(/^[0-9A-F]{32}$/);
    await store.keys.update(id, (key) => ({ ...key, plan: 'pro' }));
    expect(await store.keys.version()).not.toBe(version);
    await store.close();
  });

  it('keeps what was used and what failed', async () => {
    makeFirst();
    const database = new DatabaseSync(file);
    const state = database.prepare('INSERT INTO code_state VALUES (?, ?, ?, ?, ?)');
    state.run(named('used').former, STEP, 0, 0, null);
    state.run(named('failed').former, null, 4, 0, START + DAY);
    database.prepare("INSERT INTO answer VALUES ('request', 'payload', 'accepted', ?, 1, 5, null, ?)").run(STEP, START + DAY);
    database.close();
    const { codes, ping, close } = openPatientStore(file);
    await ping();
    expect(await codes.judge(attempt({ fingerprint: 'used' }), START)).toMatchObject({ outcome: 'replayed' });
    expect(await codes.judge(attempt({ fingerprint: 'failed', step: undefined }), START)).toMatchObject({ attemptsRemaining: 0 });
    await close();
  });

  it('has another version after any change to a key, even by hand', async () => {
    const id = makeFirst();
    const store = openSqliteStore({ file });
    const versions = new Set([await store.keys.version()]);
    const database = new DatabaseSync(file);
    for (const change of [
      `UPDATE api_key SET revoked_at = 1 WHERE id = '${id}'`,
      'UPDATE api_key_secret SET expires_at = 1',
      'DELETE FROM api_key_secret',
      'DELETE FROM api_key',
    ]) {
      database.exec(change);
      versions.add(await store.keys.version());
    }
    database.close();
    expect(versions.size).toBe(5);
    await store.close();
  });
});

describe('refused, and not changed, is a file', () => {
  it('of a newer version', async () => {
    await withKeys(1);
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const before = readFileSync(file);
    expect(refusal()).toBe(
      `${file} was written by a newer otpd (schema 99, this one knows 7): run that version, or restore a backup made before`,
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('of another program', () => {
    mkdirSync(join(folder, 'data'));
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE theirs (id)');
    database.close();
    const before = readFileSync(file);
    expect(refusal()).toBe(`${file} is not a database of otpd: choose another file`);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  it('that is no database at all', () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(file, 'OTPD_PLANS=plans.json\n'.repeat(1000));
    const before = readFileSync(file);
    expect(refusal()).toBe(`${file} is damaged or no SQLite database: restore it from a backup, or move it away to start afresh`);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('with damaged pages', async () => {
    await withKeys(100);
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 3 * 4096, 5 * 4096);
    writeFileSync(file, bytes);
    expect(refusal()).toBe(`${file} is damaged or no SQLite database: restore it from a backup, or move it away to start afresh`);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('that was cut off', async () => {
    await withKeys(100);
    writeFileSync(file, readFileSync(file).subarray(0, 3 * 4096 + 100));
    expect(refusal()).toContain('is damaged');
  });

  it('that is a folder', () => {
    mkdirSync(file, { recursive: true });
    expect(refusal()).toContain(`${file} cannot be opened`);
  });

  it('below a file', () => {
    writeFileSync(join(folder, 'data'), '');
    expect(refusal()).toMatch(/cannot be opened \((EEXIST|ENOTDIR)\): check its owner and mode$/);
  });
});
