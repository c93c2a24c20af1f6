/** Plaintext backups of Aegis (its `docs/vault.md`): `{ version, header: { slots, params }, db: { version, entries } }`. */
import type { InvalidInputError } from '../../otp/error.ts';
import { asRecord, BackupError, readEntries } from './backup-entry.ts';

/** The versions of the vault and of its content; an older reader would misread a higher version. */
const VAULT_VERSION = 1;
const CONTENT_VERSION = 3;

interface Entry {
  readonly type?: unknown;
  readonly name?: unknown;
  readonly issuer?: unknown;
  readonly info?: unknown;
}

/** Whether JSON is an Aegis vault, encrypted or not. */
export function isAegis(backup: Readonly<Record<string, unknown>>): boolean {
  return 'db' in backup && 'header' in backup;
}

/**
 * Reads the keys as otpauth URIs; a key of Steam, Yandex or mOTP is refused by itself.
 *
 * @throws BackupError for a vault that is encrypted or of a later version.
 */
export function readAegis({ version, header, db }: Readonly<Record<string, unknown>>): (string | InvalidInputError)[] {
  if (typeof db === 'string' || Array.isArray(asRecord(header)['slots'])) {
    throw new BackupError(
      'the Aegis backup is encrypted: export it again in Aegis, under Settings, Import & Export, without encryption, and delete the file afterwards',
    );
  }
  const content = asRecord(db);
  const contentVersion = content['version'];
  if (version !== VAULT_VERSION || typeof contentVersion !== 'number' || contentVersion > CONTENT_VERSION) {
    throw new BackupError('the Aegis backup is of a version that is not known: export otpauth URIs from Aegis instead');
  }
  return readEntries(content['entries'], ({ type, name, issuer, info }: Entry) => {
    const { secret, algo, digits, period, counter } = asRecord(info);
    return { type, secret, algorithm: algo, digits, period, counter, issuer, accountName: name };
  });
}
