/** Copies of a database, made while it is in use and checked before anybody relies on them; and taking a database away, to put one back. */
import { backup, DatabaseSync } from 'node:sqlite';
import { CORRUPT, checkPages, checkVersion, NOT_A_DATABASE, StoreFileError, userVersion } from './open.ts';
import { BUSY, isOutage, resultCode } from './transaction.ts';

/** How long another process may have the lock, in ms. */
const TIMEOUT_MS = 5000;
/** How long a command that only reads may take to be done, in ms. */
const SEIZING_TIMEOUT_MS = 1000;
/** Pages that are copied between two reports: some ms of work. */
const PAGES_AT_ONCE = 1000;
/** The row of `meta` that a copy has beside those of its original. */
const MADE_AT = 'backup_time';

/** The contents of a copy. */
export interface BackupFacts {
  /** The version of its tables. */
  readonly schema: number;
  readonly apiKeys: number;
  /** The public check value of the fingerprint key that its state was written under; undefined if it was never served from. */
  readonly identity: string | undefined;
  /** In ms since the epoch; undefined for a file that `copyDatabase` has not made. */
  readonly madeAt: number | undefined;
}

export interface CopyOptions {
  /** In ms since the epoch; kept in the copy. */
  readonly now: number;
  /** Told the share that is done, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Copies the database `file` into the empty file `copy`, as it is at one moment, even if others write meanwhile. Rejects with `StoreFileError` if it
 * is damaged or not ours, and with the signal's reason once that is aborted; the caller then removes the incomplete copy.
 */
export async function copyDatabase(file: string, copy: string, { now, onProgress, signal }: CopyOptions): Promise<BackupFacts> {
  await withDatabase(file, file, async (source) => {
    // A copy begins anew when another process has written between two of its steps, and under load that is always, unless it reads in a
    // transaction, which sees the database of one moment.
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
  // Errors name the original: what is wrong with its copy is wrong with it, and nobody has heard of the copy's name.
  return withDatabase(copy, file, async (database) => {
    // The copy is one file, without the -wal and -shm that the original has beside it.
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
    database.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(MADE_AT, String(now));
    return readFacts(database, file);
  });
}

/**
 * Checks a copy that is to become the database, and takes the mark of a copy off it. `name` is what errors call it. Rejects with
 * `StoreFileError` if it is damaged, not ours, or of a later version.
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

/** The outcome: in use by another process, damaged so that it cannot be told, or ours until it is disposed of. */
export type Seized = 'in use' | 'damaged' | Disposable;

/**
 * Holds the database against every other process. Its -wal is then written back and gone, so that the one file is all of it. Every process that
 * has it open, idle or not, keeps a lock on it in WAL mode: none can leave that mode while another is there.
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

/** Opens a file for `use`. An error of SQLite becomes a `StoreFileError` on `name`. */
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
