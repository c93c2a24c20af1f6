/** Databases with the tables of earlier versions: `schemas/version-N.sql` migrates to version N. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { APPLICATION_ID } from '../../src/store/sqlite/schema.ts';

/** An earlier version of the tables; 7 is the present one without `otp_state.answer`. */
export type OldVersion = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Makes an empty database of an earlier version, with its folder. The caller closes it. */
export function createOldDatabase(file: string, version: OldVersion): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL');
  for (let step = 1; step <= version; step += 1)
    database.exec(readFileSync(join(import.meta.dirname, 'schemas', `version-${step}.sql`), 'utf8'));
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}`);
  return database;
}
