/** The SQLite store keeps the contract of stores, also between processes, and distinguishes outages from bugs. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { createSqliteKeys } from '../../src/store/sqlite/keys.ts';
import { openDatabase } from '../../src/store/sqlite/open.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { clockAt, issue, rejectionOf, START } from '../auth/fixtures.ts';
import { allKeys } from '../support/all-keys.ts';
import { openPatientStore } from '../support/patient-store.ts';
import { runningMs } from '../support/running-time.ts';
import { changesActSoon, tell } from './changes-act-soon.ts';
import { storeContract } from './contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'otpd-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function newFile(): string {
  files += 1;
  return join(folder, `${files}`, 'otpd.db');
}

storeContract('SQLite', () => openPatientStore(newFile()));

describe('two processes on one file', () => {
  it('show a running server within half a second what the other changed', async () => {
    const file = newFile();
    const store = openPatientStore(file);
    await changesActSoon(store, file);
    await store.close();
  });

  it('see what the other changed', async () => {
    const file = newFile();
    const store = openPatientStore(file);
    const child = fork(new URL('./other-process.ts', import.meta.url), { execArgv: [] });
    const exited = once(child, 'exit');
    await once(child, 'message');
    const clock = clockAt(Date.now());
    const authenticator = createAuthenticator({ keys: store.keys, clock });

    const { apiKey, id } = await tell(child, { file, do: 'create' });
    expect((await authenticator.authenticate(apiKey, '192.0.2.1:1')).keyId).toBe(id);
    const rotated = await tell(child, { file, do: 'rotate', id });
    await tell(child, { file, do: 'revoke', id });
    clock.now += 500;
    for (const key of [apiKey, rotated.apiKey])
      expect((await rejectionOf(authenticator.authenticate(key, '192.0.2.1:1'))).reason).toBe('api_key_invalid');
    const own = issue().record;
    await store.keys.insert(own);
    expect((await tell(child, { file, do: 'list' })).ids).toEqual([id, own.id].sort());

    child.send({ file, do: 'leave' });
    await exited;
    await store.close();
  });

  it('that start at once with different fingerprint keys bind one of them, which stays', async () => {
    const file = newFile();
    const stores = [openPatientStore(file), openPatientStore(file)];
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    // Both stores find no identity, and wait to write theirs.
    const binding = stores.map((store, place) => store.bind(`identity ${place}`));
    other.exec('COMMIT');
    other.close();
    const bound = await Promise.all(binding);
    expect([...bound].sort()).toEqual([false, true]);
    for (const store of stores) for (const place of [0, 1]) expect(await store.bind(`identity ${place}`)).toBe(bound[place]);
    for (const store of stores) await store.close();
  });

  it('write nothing if the fingerprint key is bound already: a start does not wait for a writer', async () => {
    const file = newFile();
    const store = openSqliteStore({ file });
    await store.bind('identity');
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    expect([await store.bind('identity'), await store.bind('another')]).toEqual([true, false]);
    other.exec('COMMIT');
    other.close();
    await store.close();
  });

  it('that start at once make one first key, in a file that neither found', async () => {
    const file = newFile();
    const children = [1, 2, 3].map(() => fork(new URL('./other-process.ts', import.meta.url), { execArgv: [] }));
    await Promise.all(children.map((child) => once(child, 'message')));
    const answers = await Promise.all(children.map((child) => tell(child, { file, do: 'create first' })));
    expect(answers.map((answer) => answer.ids.length).sort()).toEqual([0, 0, 1]);
    for (const child of children) child.send({ file, do: 'leave' });
    await Promise.all(children.map((child) => once(child, 'exit')));
    const store = openPatientStore(file);
    expect(await allKeys(store.keys)).toHaveLength(1);
    await store.close();
  });
});

describe('an outage', () => {
  it('has one ping write, which shows that it is over, and leaves the disk alone after that', async () => {
    const file = newFile();
    const store = openPatientStore(file);
    await store.ping();
    const written = () => statSync(`${file}-wal`).size;
    const before = written();
    await store.ping();
    expect(written()).toBe(before);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.keys.insert(issue().record)).rejects.toThrow(StoreUnavailableError);
    other.exec('ROLLBACK');
    other.close();
    await store.ping();
    const after = written();
    expect(after).toBeGreaterThan(before);
    await store.ping();
    expect(written()).toBe(after);
    await store.close();
  });

  it('of a held lock is reported after the tries, and ends with it', async () => {
    const file = newFile();
    const store = openSqliteStore({ file });
    await store.ping();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const started = runningMs();
    await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
    expect(runningMs() - started).toBeLessThan(2000);
    await expect(store.keys.insert(issue().record)).rejects.toThrow(StoreUnavailableError);
    expect(await allKeys(store.keys)).toEqual([]);
    other.exec('ROLLBACK');
    await store.ping();
    await store.keys.insert(issue().record);
    other.close();
    await store.close();
  });

  it('of a lock that is soon free goes unnoticed by who changes a key, and the change is made once', async () => {
    const file = newFile();
    const store = openSqliteStore({ file });
    const { record } = issue();
    await store.keys.insert(record);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    setTimeout(() => other.exec('COMMIT'), 100);
    let changes = 0;
    await store.keys.update(record.id, (key) => {
      changes += 1;
      return { ...key, name: 'changed' };
    });
    expect(changes).toBe(1);
    expect((await store.keys.find(record.id))?.name).toBe('changed');
    other.close();
    await store.close();
  });

  it('of times of last use blocks no call meanwhile, and is made when the file is free', async () => {
    const file = newFile();
    const store = openSqliteStore({ file });
    await store.ping();
    const issued = Array.from({ length: 1200 }, () => issue().record);
    const uses = new Map(issued.map(({ id }, place) => [id, START + place]));
    for (const record of issued.filter((_, place) => place % 400 === 0)) await store.keys.insert(record);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const touching: Promise<void>[] = [];
    const took = Array.from({ length: 5 }, () => {
      const startedAt = runningMs();
      touching.push(store.keys.touch(uses));
      return runningMs() - startedAt;
    });
    // On this thread, each call would wait for the lock for at least 50 ms before it returned its promise. A busy machine may delay some calls.
    expect(Math.min(...took)).toBeLessThan(40);
    expect((await allKeys(store.keys)).map((key) => key.lastUsedAt)).toEqual([undefined, undefined, undefined]);
    other.exec('COMMIT');
    other.close();
    await Promise.all(touching);
    expect((await allKeys(store.keys)).map((key) => key.lastUsedAt).sort()).toEqual([START, START + 400, START + 800]);
    await store.close();
  });

  it('of a full disk is reported, undoes the change, and does not affect reading', async () => {
    const database = openDatabase(newFile());
    const keys = createSqliteKeys(database);
    const { record } = issue();
    await keys.insert(record);
    database.exec('PRAGMA max_page_count = 1');
    const crowd = Array.from({ length: 200 }, () => issue().record);
    await expect(Promise.all(crowd.map((key) => keys.insert(key)))).rejects.toThrow(StoreUnavailableError);
    const stored = await allKeys(keys);
    expect(stored.map((key) => key.id)).toContain(record.id);
    expect(stored.length).toBeLessThan(201);
    expect(stored.every((key) => key.secrets.length === 1)).toBe(true);
    expect(database.isTransaction).toBe(false);
    database.close();
  });

  it('is what a closed store is in', async () => {
    const store = openSqliteStore({ file: newFile() });
    await store.close();
    await expect(store.keys.find('000000000000')).rejects.toThrow(StoreUnavailableError);
    await expect(store.keys.touch(new Map([['000000000000', START]]))).rejects.toThrow(StoreUnavailableError);
    await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
  });

  it('is not what a bug is in, and no error holds a digest', async () => {
    const store = openSqliteStore({ file: newFile() });
    const { record, apiKey } = issue();
    const digest = new Uint8Array(31).fill(0x61);
    const bug: unknown = await store.keys
      .insert({ ...record, secrets: [{ digest, createdAt: START, expiresAt: undefined, awaitsUse: false }] })
      .catch((error: unknown) => error);
    expect(bug).toBeInstanceOf(Error);
    expect(bug).not.toBeInstanceOf(StoreUnavailableError);
    expect(await store.keys.find(record.id)).toBeUndefined();
    const told = bug instanceof Error ? `${bug.message} ${bug.stack} ${JSON.stringify(bug)}` : '';
    for (const secret of [apiKey, Buffer.from(digest).toString(), Buffer.from(digest).toString('hex')])
      expect(told).not.toContain(secret);
    await store.close();
  });
});
