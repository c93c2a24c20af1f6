/** The writer's connection, which is opened again after an outage, and only to the file on which the store was opened. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type CodeRows, createCodeRows } from './code-rows.ts';
import { type CreditCount, createCreditRows } from './credits.ts';
import { createKeyUses, createSecretUses, type KeyUse } from './keys.ts';
import { checkPages, checkVersion } from './open.ts';
import { createRecoveryRows, type RecoveryRows } from './recovery-rows.ts';
import { createSealingKeyDays, type SealingKeyDay } from './sealing-keys.ts';

/** Identifies a file independently of its name. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
  /** In bytes. */
  readonly size: number;
}

export interface Connection {
  readonly database: DatabaseSync;
  readonly rows: CodeRows;
  readonly recovery: RecoveryRows;
  readonly touch: (uses: readonly KeyUse[]) => void;
  readonly noteUse: (id: string, digest: Uint8Array) => void;
  readonly noteDays: (days: readonly SealingKeyDay[]) => void;
  readonly noteCredits: (counts: readonly CreditCount[]) => void;
}

export interface WriterFile {
  /** Returns the connection. Throws if the file was moved, replaced or damaged, since its used codes cannot be trusted then. */
  connect(): Connection;
  /** Closes the connection. The next `connect` checks the whole file first. */
  drop(): void;
}

/** Returns the identity of a file. Does not open the file, since closing it again would drop SQLite's locks on it. */
export function identify(file: string): FileIdentity {
  const { dev, ino, size } = statSync(file);
  return { dev, ino, size };
}

/** Makes the file, without a connection yet. `original` is the identity of the file that the store has opened and checked. */
export function createWriterFile(file: string, original: FileIdentity): WriterFile {
  let connection: Connection | undefined;
  let isChecked = true;
  let { size } = original;

  function drop(): void {
    isChecked = false;
    connection?.database.close();
    connection = undefined;
  }

  return {
    connect() {
      const found = identify(file);
      if (found.dev !== original.dev || found.ino !== original.ino) {
        throw new Error('the database file was moved or replaced: put it back, or restart otpd');
      }
      // SQLite would continue with the pages that it has in memory, or, if it opens an empty file, delete the write-ahead log.
      if (found.size < size && !isWhole(connection, found.size)) {
        drop();
        throw new Error('the database file was cut off: restore it from a backup');
      }
      size = found.size;
      connection ??= open(file, isChecked);
      return connection;
    },
    drop,
  };
}

/** Whether a file that has become shorter still contains the whole database, as after a VACUUM. */
function isWhole(connection: Connection | undefined, size: number): boolean {
  const bytes = connection?.database
    .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
    .get()?.['bytes'];
  const found = connection?.database.prepare('PRAGMA quick_check(1)').get();
  return typeof bytes === 'number' && bytes <= size && found?.['quick_check'] === 'ok';
}

function open(file: string, isChecked: boolean): Connection {
  const database = new DatabaseSync(file);
  try {
    checkVersion(database, file);
    if (!isChecked) checkPages(database, file);
    database.exec('PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF');
    return {
      database,
      rows: createCodeRows(database),
      recovery: createRecoveryRows(database),
      touch: createKeyUses(database),
      noteUse: createSecretUses(database),
      noteDays: createSealingKeyDays(database),
      noteCredits: createCreditRows(database),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
