/** Writing to SQLite: one transaction at a time, all or nothing, with its outages told apart from bugs. */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { StoreUnavailableError } from '../../ports/store.ts';

/** A primary result code of SQLite, https://sqlite.org/rescode.html: another connection has the lock. */
export const BUSY = 5;
/** The same: the disk is full. */
export const FULL = 13;
/** PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB: the machine's fault, not the program's. */
const OUTAGES: ReadonlySet<number> = new Set([3, BUSY, 6, 7, 8, 10, 11, FULL, 14, 15, 26]);

/** Tries at the write lock. Each blocks for the busy timeout; the pauses between let the rest of the process go on. */
const TRIES = 10;
const MAX_PAUSE_MS = 50;

/** Runs `work` in one transaction that holds the write lock from the start, and undoes it if it throws. */
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

/** The same, waiting while another process writes, for a second at most. Throws `StoreUnavailableError` if it cannot be written. */
export async function write<T>(database: DatabaseSync, work: () => T): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return transaction(database, work);
    } catch (error) {
      if (resultCode(error) !== BUSY || left === 0) throw asOutage(error);
    }
    // At random, or two processes that meet once go on meeting.
    await setTimeout(Math.random() * MAX_PAUSE_MS);
  }
}

/** Blocks the thread for `ms`. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Runs `work`, with `StoreUnavailableError` for an outage of the file or its disk; other errors pass. */
export function reporting<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asOutage(error);
  }
}

/** The primary result code of an error of SQLite; undefined for other errors. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** Whether it is the machine that failed, or the file was closed: not a bug. */
export function isOutage(error: unknown): boolean {
  const code = resultCode(error);
  const closed = error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE';
  return closed || (code !== undefined && OUTAGES.has(code));
}

function asOutage(error: unknown): unknown {
  return isOutage(error) ? new StoreUnavailableError(error) : error;
}
