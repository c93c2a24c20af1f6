/** Plaintext backups of 2FAS: `{ schemaVersion, services: [{ name, secret, otp: { tokenType, algorithm, digits, period, counter, ... } }] }`. */
import type { InvalidInputError } from '../../otp/error.ts';
import { DEFAULTS } from '../../otp/params.ts';
import { asRecord, BackupError, readEntries } from './backup-entry.ts';

/** The supported schema versions: the first had no parameters, the fourth is current. */
const SCHEMA_VERSION = 4;

interface Service {
  readonly name?: unknown;
  readonly secret?: unknown;
  readonly otp?: unknown;
}

/** Whether JSON is a backup of 2FAS, encrypted or not. */
export function isTwoFas(backup: Readonly<Record<string, unknown>>): boolean {
  return 'services' in backup && 'schemaVersion' in backup;
}

/**
 * Reads the keys as otpauth URIs; a key of Steam is refused by itself.
 *
 * The app omits parameters that a key was added without, or writes null; it then uses SHA1, 6 digits and 30 seconds.
 *
 * @throws BackupError for a backup that is encrypted or of a later schema.
 */
export function readTwoFas(backup: Readonly<Record<string, unknown>>): (string | InvalidInputError)[] {
  const { schemaVersion, services, servicesEncrypted, reference } = backup;
  if (isText(servicesEncrypted) || isText(reference)) {
    throw new BackupError(
      'the 2FAS backup is encrypted: export it again in 2FAS, under Settings, 2FAS Backup, without a password, and delete the file afterwards',
    );
  }
  if (typeof schemaVersion !== 'number' || schemaVersion > SCHEMA_VERSION) {
    throw new BackupError('the 2FAS backup is of a schema that is not known: export it from an older 2FAS');
  }
  return readEntries(services, ({ name, secret, otp }: Service) => {
    const { tokenType, algorithm, digits, period, counter, issuer, account } = asRecord(otp);
    return {
      type: isText(tokenType) ? tokenType.toLowerCase() : DEFAULTS.type,
      secret,
      algorithm: algorithm ?? DEFAULTS.algorithm,
      digits: digits ?? DEFAULTS.digits,
      period: period ?? DEFAULTS.period,
      counter,
      // The user sees and changes this name.
      issuer: isText(issuer) ? issuer : name,
      accountName: account,
    };
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
