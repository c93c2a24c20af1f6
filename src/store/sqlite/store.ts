/** The embedded store: API keys and the state of codes in one SQLite file that several processes may share, call counts in memory, those of the month written down too. */
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
  /** The path of the database; made with its folder if there is none. */
  readonly file: string;
  /** For tests of anything but time, on machines that stand still now and then: nothing is given up before, in ms. */
  readonly leastPatienceMs?: number;
}

/**
 * Opens the store. An attempt is judged by a thread of its own, in one transaction with those that came with it, and answered only when
 * that is on the disk, within 200 ms or with `StoreUnavailableError`: it may then have been counted, and only its request id tells.
 * Throws `StoreFileError` if the file cannot be used: damaged, written by a newer version, or not ours.
 */
export function openSqliteStore({ file, leastPatienceMs = 0 }: SqliteStoreOptions): Store {
  const database = openDatabase(file);
  /** Whether a write has failed and none was tried since. */
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
    /** Writes only after a write has failed: an idle server leaves the disk alone. */
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
  // Read first: only the very first start writes.
  if (reporting(find) === undefined) await write(database, insert);
  return reporting(find) === identity;
}

/** The same keys, with `onOutage` told of writes that the store could not make. */
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
