/** The writer's connection: to the file that the store was opened on and no other, made anew after an outage. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type CodeRows, createCodeRows } from './code-rows.ts';
import { type CreditCount, createCreditRows } from './credits.ts';
import { createKeyUses, createSecretUses, type KeyUse } from './keys.ts';
import { checkPages, checkVersion } from './open.ts';
import { createRecoveryRows, type RecoveryRows } from './recovery-rows.ts';
import { createSealingKeyDays, type SealingKeyDay } from './sealing-keys.ts';

/** A file, whatever its name is at the moment. */
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
  /** The connection. Throws if the file was moved, replaced or damaged: what it says of used codes cannot be trusted. */
  connect(): Connection;
  /** Closes the connection; the next one is made after a check of the whole file. */
  drop(): void;
}

/** Tells the file from another under the same name. Never opens it: to close it again would drop SQLite's locks on it. */
export function identify(file: string): FileIdentity {
  const { dev, ino, size } = statSync(file);
  return { dev, ino, size };
}

/** Makes no connection yet. `original` is the file as the store was opened on it, checked. */
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
      // SQLite would go on from what it has in memory of the file, or, opening it anew at length zero, delete what was written ahead.
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

/** Whether a file that has become shorter still holds the whole database, as after a VACUUM. */
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
