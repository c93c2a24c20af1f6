/** Transactions on SQLite, and the difference between an outage and a bug. */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { StoreUnavailableError } from '../../ports/store.ts';

/** Primary result code of SQLite (https://sqlite.org/rescode.html): another connection holds the lock. */
export const BUSY = 5;
/** Primary result code of SQLite: the disk is full. */
export const FULL = 13;
/** PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB: faults of the machine instead of the program. */
const OUTAGES: ReadonlySet<number> = new Set([3, BUSY, 6, 7, 8, 10, 11, FULL, 14, 15, 26]);

/** The number of tries for the write lock. Each try blocks for the busy timeout; calls continue in the pauses between the tries. */
const TRIES = 10;
const MAX_PAUSE_MS = 50;

/** Runs `work` in a transaction that holds the write lock from its start. Rolls back and throws if `work` throws. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk or an I/O error has ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Runs `work` in a transaction, for whose lock it waits about a second at most. Rejects with `StoreUnavailableError` if the file cannot be written. */
export async function write<T>(database: DatabaseSync, work: () => T): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return transaction(database, work);
    } catch (error) {
      if (resultCode(error) !== BUSY || left === 0) throw asOutage(error);
    }
    // Random, since two processes with equal pauses would collide again and again.
    await setTimeout(Math.random() * MAX_PAUSE_MS);
  }
}

/** Blocks the thread for `ms`. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Runs `work`. Throws `StoreUnavailableError` for an outage of the file or its disk; throws other errors unchanged. */
export function reporting<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asOutage(error);
  }
}

/** Returns the primary result code of an error from SQLite; undefined for other errors. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** Whether the error means that the machine has failed or the database is closed. Any other error is a bug. */
export function isOutage(error: unknown): boolean {
  const code = resultCode(error);
  const closed = error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE';
  return closed || (code !== undefined && OUTAGES.has(code));
}

function asOutage(error: unknown): unknown {
  return isOutage(error) ? new StoreUnavailableError(error) : error;
}
