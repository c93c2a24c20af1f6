/** Opening the SQLite file: private to its owner, checked before use, brought to the present schema. */
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreSetupError } from '../../ports/store.ts';
import { APPLICATION_ID, migrationFrom, SCHEMA_VERSION } from './schema.ts';
import { BUSY, block, resultCode, transaction } from './transaction.ts';

/** Before the service starts nothing else waits: time enough for another process to finish its migration. */
const OPENING_TIMEOUT_MS = 5000;
/** In service every ms of waiting for a lock holds up all calls. */
const BUSY_TIMEOUT_MS = 50;

const MAX_PAUSE_MS = 20;

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
export const CORRUPT = 11;
export const NOT_A_DATABASE = 26;

/** The database file cannot be used, and an operator must act; the message says which file and what to do. */
export class StoreFileError extends StoreSetupError {
  constructor(file: string, problem: string, cause?: unknown) {
    super(`${file} ${problem}`, cause);
    this.name = 'StoreFileError';
  }
}

/** Opens the file, made with its folder if there is none. Blocks, for seconds at worst. Throws `StoreFileError`. */
export function openDatabase(file: string): DatabaseSync {
  const deadline = performance.now() + OPENING_TIMEOUT_MS;
  for (;;) {
    try {
      makePrivate(file);
      return prepare(new DatabaseSync(file, { timeout: OPENING_TIMEOUT_MS }), file);
    } catch (error) {
      if (resultCode(error) !== BUSY || performance.now() > deadline) throw asFileError(file, error);
    }
    // Two processes that turn a new file to WAL at once would wait for each other: SQLite refuses one without regard to its timeout. Nothing of this
    // process runs yet that could be held up.
    block(Math.random() * MAX_PAUSE_MS);
  }
}

/** SQLite gives its other files, -wal and -shm, the mode of this one. */
function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: FOLDER_MODE });
  try {
    closeSync(openSync(file, 'wx', FILE_MODE));
  } catch (error) {
    if (!isErrorWithCode(error) || error.code !== 'EEXIST') throw error;
    // By path: to open and close a database behind SQLite's back drops the locks this process has on it.
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

/** Refuses files of others and of later versions, before anything is changed in them. Throws `StoreFileError`. */
export function checkVersion(database: DatabaseSync, file: string): void {
  // A single read of all three: another process may be making the file at this moment.
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

/** Finds a damaged file at the start rather than in the middle of a call. Reads all of it. Throws `StoreFileError`. */
export function checkPages(database: DatabaseSync, file: string): void {
  const found = database.prepare('PRAGMA quick_check(1)').get();
  if (found?.['quick_check'] !== 'ok') throw damaged(file);
}

function migrate(database: DatabaseSync): void {
  if (userVersion(database) === SCHEMA_VERSION) return;
  transaction(database, () => {
    // Asked again: another process may have migrated while this one waited for the lock.
    const version = userVersion(database);
    if (version === SCHEMA_VERSION) return;
    database.exec(migrationFrom(version));
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** The version that the file gives, zero if it is empty. */
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
