/** The connection of the writer: it is made to the checked file alone, and anew only to a file that is still whole and known. */
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SCHEMA_VERSION } from '../../src/store/sqlite/schema.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { createWriterFile, identify, type WriterFile } from '../../src/store/sqlite/writer-file.ts';

let folder: string;
let file: string;
let writerFile: WriterFile;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-writer-'));
  file = join(folder, 'otpd.db');
  await openSqliteStore({ file }).close();
  writerFile = createWriterFile(file, identify(file));
});
afterEach(() => {
  writerFile.drop();
  rmSync(folder, { recursive: true });
});

function execute(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

test('it is the same one as long as the file is as it was', () => {
  expect(writerFile.connect()).toBe(writerFile.connect());
});

test('it writes to the disk at each commit, and runs nothing that a schema brings along', () => {
  const { database } = writerFile.connect();
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  expect(database.prepare('PRAGMA trusted_schema').get()).toEqual({ trusted_schema: 0 });
});

test('a file that has grown and is cut off to what it was at first is not used', () => {
  const before = statSync(file).size;
  execute('CREATE TABLE filler AS SELECT zeroblob(100000) AS bytes; PRAGMA wal_checkpoint(TRUNCATE)');
  writerFile.connect();
  expect(statSync(file).size).toBeGreaterThan(before);
  truncateSync(file, before);
  expect(() => writerFile.connect()).toThrow();
  writerFile.drop();
  expect(() => writerFile.connect()).toThrow('was cut off: restore it from a backup');
});

test('a file that a later version has changed meanwhile is not used', () => {
  writerFile.connect();
  writerFile.drop();
  execute(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  expect(() => writerFile.connect()).toThrow('was written by a newer otpd');
});
