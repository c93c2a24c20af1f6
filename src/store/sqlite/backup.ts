/** Copies a database while it is in use, checks copies, and locks a database so that it can be replaced. */
import { backup, DatabaseSync } from 'node:sqlite';
import { CORRUPT, checkPages, checkVersion, NOT_A_DATABASE, StoreFileError, userVersion } from './open.ts';
import { BUSY, isOutage, resultCode } from './transaction.ts';

/** How long to wait for the lock of another process, in ms. */
const TIMEOUT_MS = 5000;
/** How long `seizeDatabase` waits for a command that has the file open only to read it, in ms. */
const SEIZING_TIMEOUT_MS = 1000;
/** The pages copied between two progress reports: a few ms of work. */
const PAGES_AT_ONCE = 1000;
/** A row of `meta` that only copies have. */
const MADE_AT = 'backup_time';

/** The contents of a copy. */
export interface BackupFacts {
  /** The version of its tables. */
  readonly schema: number;
  readonly apiKeys: number;
  /** The public check value of the fingerprint key to which the state belongs; undefined if no server has used the file. */
  readonly identity: string | undefined;
  /** In ms since the epoch; undefined for a file that `copyDatabase` has not made. */
  readonly madeAt: number | undefined;
}

export interface CopyOptions {
  /** In ms since the epoch; kept in the copy. */
  readonly now: number;
  /** Called with the completed share, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Copies the database `file`, as it is at one moment, into the empty file `copy`, even while other processes write. Rejects with `StoreFileError`
 * if `file` is damaged or not a database of otpd, and with the signal's reason after an abort. The caller then removes the incomplete copy.
 */
export async function copyDatabase(file: string, copy: string, { now, onProgress, signal }: CopyOptions): Promise<BackupFacts> {
  await withDatabase(file, file, async (source) => {
    // Without a transaction, the copy would restart whenever another process writes between two of its steps. Under load it would never end.
    source.exec('BEGIN');
    requireOurs(source, file);
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) => {
      signal.throwIfAborted();
      onProgress(1 - remainingPages / totalPages);
    };
    await backup(source, copy, { rate: PAGES_AT_ONCE, progress });
    source.exec('ROLLBACK');
  });
  signal.throwIfAborted();
  // Errors name the original, since it has the same faults and users do not know the name of the copy.
  return withDatabase(copy, file, async (database) => {
    // The copy is one file, without the -wal and -shm of the original.
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
    database.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(MADE_AT, String(now));
    return readFacts(database, file);
  });
}

/**
 * Checks a copy that is to become the database, and removes the time at which it was made. Errors call the file `name`. Rejects with
 * `StoreFileError` if the copy is damaged, not a database of otpd, or of a newer version.
 */
export function takeUpCopy(copy: string, name: string): Promise<BackupFacts> {
  return withDatabase(copy, name, async (database) => {
    requireOurs(database, name);
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
    const facts = readFacts(database, name);
    database.prepare('DELETE FROM meta WHERE key = ?').run(MADE_AT);
    return facts;
  });
}

/** The result of a try to lock the database: another process uses it, it is too damaged to lock, or it is locked until the value is disposed of. */
export type Seized = 'in use' | 'damaged' | Disposable;

/**
 * Locks the database against all other processes. Leaving WAL mode writes the -wal back and removes it, so that the file is complete. SQLite
 * leaves WAL mode only if no other process has the database open, since even an idle process holds a lock in that mode.
 */
export function seizeDatabase(file: string): Seized {
  const database = new DatabaseSync(file, { timeout: SEIZING_TIMEOUT_MS });
  try {
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => database.close() };
  } catch (error) {
    database.close();
    if (resultCode(error) === BUSY) return 'in use';
    if (isOutage(error)) return 'damaged';
    throw error;
  }
}

/** Opens a file for `use`. An error from SQLite becomes a `StoreFileError` about `name`. */
async function withDatabase<T>(file: string, name: string, use: (database: DatabaseSync) => Promise<T>): Promise<T> {
  const database = new DatabaseSync(file, { timeout: TIMEOUT_MS });
  try {
    database.exec('PRAGMA trusted_schema = OFF');
    return await use(database);
  } catch (error) {
    const code = resultCode(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    const isDamaged = code === CORRUPT || code === NOT_A_DATABASE;
    throw new StoreFileError(name, isDamaged ? 'is damaged or no SQLite database' : `cannot be copied: ${error.message}`, error);
  } finally {
    database.close();
  }
}

function requireOurs(database: DatabaseSync, name: string): void {
  checkVersion(database, name);
  if (userVersion(database) === 0) throw new StoreFileError(name, 'is empty: choose another file');
}

function readFacts(database: DatabaseSync, name: string): BackupFacts {
  checkPages(database, name);
  const meta = (key: string) => database.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value']?.toString();
  const madeAt = meta(MADE_AT);
  return {
    schema: userVersion(database),
    apiKeys: Number(database.prepare('SELECT count(*) AS n FROM api_key').get()?.['n']),
    identity: meta('fingerprint_key'),
    madeAt: madeAt === undefined ? undefined : Number(madeAt),
  };
}
