/** Opens the SQLite file: private to its owner, checked before use, and migrated to the present schema. */
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreSetupError } from '../../ports/store.ts';
import { APPLICATION_ID, migrationFrom, SCHEMA_VERSION } from './schema.ts';
import { BUSY, block, resultCode, transaction } from './transaction.ts';

/** The busy timeout before the service starts, in ms: long enough for another process to finish its migration. */
const OPENING_TIMEOUT_MS = 5000;
/** The busy timeout in service, in ms: while the main thread waits for a lock, all calls wait. */
const BUSY_TIMEOUT_MS = 50;

const MAX_PAUSE_MS = 20;

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
export const CORRUPT = 11;
export const NOT_A_DATABASE = 26;

/** An operator must act before the database file can be used. The message names the file and says what to do. */
export class StoreFileError extends StoreSetupError {
  constructor(file: string, problem: string, cause?: unknown) {
    super(`${file} ${problem}`, cause);
    this.name = 'StoreFileError';
  }
}

/** Opens the file, and makes it and its folder if they do not exist. May block for seconds. Throws `StoreFileError`. */
export function openDatabase(file: string): DatabaseSync {
  const deadline = performance.now() + OPENING_TIMEOUT_MS;
  for (;;) {
    try {
      makePrivate(file);
      return prepare(new DatabaseSync(file, { timeout: OPENING_TIMEOUT_MS }), file);
    } catch (error) {
      if (resultCode(error) !== BUSY || performance.now() > deadline) throw asFileError(file, error);
    }
    // If two processes switch a new file to WAL at the same time, SQLite refuses one of them at once, whatever its timeout, since they would
    // wait for each other. Blocking is fine: the process does nothing else yet.
    block(Math.random() * MAX_PAUSE_MS);
  }
}

/** Makes the file private. SQLite gives its mode to the files -wal and -shm. */
function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: FOLDER_MODE });
  try {
    closeSync(openSync(file, 'wx', FILE_MODE));
  } catch (error) {
    if (!isErrorWithCode(error) || error.code !== 'EEXIST') throw error;
    // Not through a file handle: closing the handle would drop the locks of this process on the database.
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, FILE_MODE);
  }
}

function prepare(database: DatabaseSync, file: string): DatabaseSync {
  try {
    checkVersion(database, file);
    checkPages(database, file);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF');
    migrate(database);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Refuses files of other programs and of newer versions before it changes them. Throws `StoreFileError`. */
export function checkVersion(database: DatabaseSync, file: string): void {
  // A single statement reads all three, since another process may be creating the file now.
  const { application, version, tables } = database
    .prepare(
      `SELECT (SELECT application_id FROM pragma_application_id) AS application, (SELECT user_version FROM pragma_user_version) AS version,
        (SELECT count(*) FROM sqlite_schema) AS tables`,
    )
    .get() as { application: number; version: number; tables: number };
  const isEmpty = application === 0 && version === 0 && tables === 0;
  if (!isEmpty && application !== APPLICATION_ID)
    throw new StoreFileError(file, 'is not a database of otpd: choose another file');
  if (version > SCHEMA_VERSION)
    throw new StoreFileError(
      file,
      `was written by a newer otpd (schema ${version}, this one knows ${SCHEMA_VERSION}): run that version, or restore a backup made before`,
    );
}

/** Detects a damaged file at the start instead of in the middle of a call. Reads the whole file. Throws `StoreFileError`. */
export function checkPages(database: DatabaseSync, file: string): void {
  const found = database.prepare('PRAGMA quick_check(1)').get();
  if (found?.['quick_check'] !== 'ok') throw damaged(file);
}

function migrate(database: DatabaseSync): void {
  if (isPresent(database)) return;
  transaction(database, () => {
    // Looked at again, since another process may have migrated the file while this process waited for the lock.
    if (isPresent(database)) return;
    database.exec(migrationFrom(userVersion(database)));
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Whether the file has the present schema, with all its columns. */
function isPresent(database: DatabaseSync): boolean {
  if (userVersion(database) !== SCHEMA_VERSION) return false;
  return database.prepare("SELECT 1 FROM pragma_table_info('otp_state') WHERE name = 'answer'").get() !== undefined;
}

/** Returns the schema version of the file; zero for an empty file. */
export function userVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

function damaged(file: string, cause?: unknown): StoreFileError {
  return new StoreFileError(
    file,
    'is damaged or no SQLite database: restore it from a backup, or move it away to start afresh',
    cause,
  );
}

function asFileError(file: string, error: unknown): unknown {
  const code = resultCode(error);
  if (code === CORRUPT || code === NOT_A_DATABASE) return damaged(file, error);
  if (code !== undefined && error instanceof Error) return new StoreFileError(file, `cannot be opened: ${error.message}`, error);
  if (isErrorWithCode(error))
    return new StoreFileError(file, `cannot be opened (${error.code}): check its owner and mode`, error);
  return error;
}

function isErrorWithCode(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
