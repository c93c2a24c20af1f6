/** Takes a database from all other processes, so that its file can be replaced. */
import { DatabaseSync } from 'node:sqlite';
import { BUSY, isOutage, resultCode } from './transaction.ts';

/** How long a command that only reads may take to be done, in ms. */
const TIMEOUT_MS = 1000;

/** The outcome: in use by another process, damaged so that it cannot be told, or ours until it is disposed of. */
export type Seized = 'in use' | 'damaged' | Disposable;

/**
 * Holds the database against every other process. Its -wal is then written back and gone, so that the one file is all of it. Every process that
 * has it open, idle or not, keeps a lock on it in WAL mode: none can leave that mode while another is there.
 */
export function seizeDatabase(file: string): Seized {
  const database = new DatabaseSync(file, { timeout: TIMEOUT_MS });
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
