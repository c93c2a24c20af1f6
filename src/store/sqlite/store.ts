/**
 * The embedded store. A single SQLite file, which several processes may share, has the API keys, the state of codes and the credits of the month. The
 * rate limits are counted in memory.
 */
import type { DatabaseSync } from 'node:sqlite';
import { createLocalLimits } from '../../limits/local-counter.ts';
import { type Store, StoreUnavailableError } from '../../ports/store.ts';
import { createSqliteCodes } from './codes.ts';
import { keepCredits } from './credits.ts';
import { createSqliteKeys, type SqliteKeys } from './keys.ts';
import { openDatabase } from './open.ts';
import { readSealingKeyDays } from './sealing-keys.ts';
import { hasFormerStates } from './states.ts';
import { reporting, write } from './transaction.ts';
import { identify } from './writer-file.ts';

export interface SqliteStoreOptions {
  /** The path of the database. The file and its folder are made if they do not exist. */
  readonly file: string;
  /** For tests on a busy machine: no operation fails for lack of time before this many ms. */
  readonly leastPatienceMs?: number;
}

/**
 * Opens the store. A thread judges an attempt, in one transaction with the attempts that arrived with it, and answers when the transaction is
 * on the disk. Without progress for 200 ms, the attempt fails with `StoreUnavailableError`. The attempt may then have been counted: a repeat
 * with the same request id tells. Throws `StoreFileError` if the file is damaged, from a newer version, or not a database of otpd.
 */
export function openSqliteStore({ file, leastPatienceMs = 0 }: SqliteStoreOptions): Store {
  const database = openDatabase(file);
  /** Whether a write has failed since the last write that a ping made. */
  let isInDoubt = false;
  const doubt = (): void => {
    isInDoubt = true;
  };
  const codes = createSqliteCodes({ file, identity: identify(file) }, hasFormerStates(database), leastPatienceMs, doubt);
  const credits = keepCredits(database, codes.noteCredits);
  return {
    keys: { ...watched(createSqliteKeys(database), doubt), touch: codes.touch, noteUse: codes.noteUse },
    limits: createLocalLimits(credits.table),
    codes,
    recovery: codes.recovery,
    sealingKeys: { lastDays: async () => reporting(() => readSealingKeyDays(database)), noteDays: codes.noteDays },
    bind: async (identity) => bind(database, identity),
    // Writes only after a failed write, so that an idle server does not use the disk.
    async ping() {
      const write = isInDoubt;
      await codes.ping(write);
      if (write) isInDoubt = false;
    },
    async close() {
      await credits.close();
      await codes.close();
      if (database.isOpen) database.close();
    },
  };
}

async function bind(database: DatabaseSync, identity: string): Promise<boolean> {
  const find = () => database.prepare("SELECT value FROM meta WHERE key = 'fingerprint_key'").get()?.['value'];
  const insert = () => database.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES ('fingerprint_key', ?)").run(identity);
  // Reads first, so that only the very first start writes.
  if (reporting(find) === undefined) await write(database, insert);
  return reporting(find) === identity;
}

/** Returns the same operations, which call `onOutage` if the store cannot write. */
function watched(keys: SqliteKeys, onOutage: () => void): SqliteKeys {
  async function watch<T>(writing: Promise<T>): Promise<T> {
    try {
      return await writing;
    } catch (error) {
      if (error instanceof StoreUnavailableError) onOutage();
      throw error;
    }
  }
  return {
    ...keys,
    insert: (key) => watch(keys.insert(key)),
    insertFirst: (key) => watch(keys.insertFirst(key)),
    update: (id, change) => watch(keys.update(id, change)),
    updateWithOtherAdmin: (id, change, now) => watch(keys.updateWithOtherAdmin(id, change, now)),
  };
}
