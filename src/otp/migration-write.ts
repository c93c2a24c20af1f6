/** Writes otpauth-migration URIs, each for one QR code that a phone reads from a screen. */
import { Violations } from './error.ts';
import {
  ALGORITHM_NUMBERS,
  DIGIT_NUMBERS,
  MIGRATION_PERIOD,
  type MigrationPayload,
  type OtpParameters,
  TYPE_NUMBERS,
  writeParameters,
  writePayload,
} from './migration-message.ts';
import { checkCounter } from './params.ts';
import { checkLabel, type KeyUri } from './uri.ts';

/** As Google's app does. */
const MOST_KEYS = 10;
/** Bytes of a payload: about 1,000 characters of URI, a QR code of some 120 modules. A key by itself may have more. */
const MOST_BYTES = 690;
/** The first version; no reader asks for another. */
const VERSION = 1;

/** URIs, and where each key is. */
export interface MigrationUris {
  readonly uris: readonly string[];
  /** For each key the index of its URI. */
  readonly places: readonly number[];
}

/**
 * Refuses a key that the format cannot hold: it has no period, and no 7 digits.
 *
 * @throws InvalidInputError for `key.period_seconds`, `key.digits`, `key.counter`, `issuer` and `account_name`.
 */
export function checkMigratable({ parameters, counter, issuer, accountName }: KeyUri): void {
  const { type, digits, period } = parameters;
  const found = new Violations();
  if (type === 'totp' && period !== MIGRATION_PERIOD) {
    found.add(
      'key.period_seconds',
      `an otpauth-migration URI holds only TOTP of ${MIGRATION_PERIOD} seconds: export this key as an otpauth URI`,
    );
  }
  if (!DIGIT_NUMBERS.has(digits)) {
    found.add('key.digits', 'an otpauth-migration URI holds only codes of 6 or 8 digits: export this key as an otpauth URI');
  }
  if (type === 'hotp') found.collect('key.', checkCounter, counter ?? Number.NaN);
  found.collect('', checkLabel, issuer, accountName);
  found.throwIfAny();
}

/**
 * Writes keys as the parts of one migration, in their order.
 *
 * @param keys those that `checkMigratable` lets pass.
 * @param batchId any number of 32 bits; the parts of a migration are known by it.
 */
export function writeMigration(keys: readonly KeyUri[], batchId: number): MigrationUris {
  const parts = divide(keys.map(messageOf));
  const uris = parts.map((part, batchIndex) =>
    uriOf({ keys: part, version: VERSION, batchSize: parts.length, batchIndex, batchId }),
  );
  return { uris, places: parts.flatMap((part, index) => part.map(() => index)) };
}

function divide(keys: readonly OtpParameters[]): OtpParameters[][] {
  const parts: OtpParameters[][] = [];
  let bytes = 0;
  for (const key of keys) {
    const size = writeParameters(key).length;
    const part = parts.at(-1);
    if (part === undefined || part.length === MOST_KEYS || bytes + size > MOST_BYTES) {
      parts.push([key]);
      bytes = size;
    } else {
      part.push(key);
      bytes += size;
    }
  }
  return parts;
}

function messageOf({ secret, parameters, counter = 0, ...names }: KeyUri): OtpParameters {
  const { type, algorithm, digits } = parameters;
  const { issuer, accountName } = checkLabel(names.issuer, names.accountName);
  return {
    secret,
    name: accountName,
    issuer,
    algorithm: ALGORITHM_NUMBERS.get(algorithm) ?? 0,
    digits: DIGIT_NUMBERS.get(digits) ?? 0,
    type: TYPE_NUMBERS.get(type) ?? 0,
    counter: BigInt(counter),
  };
}

function uriOf(payload: MigrationPayload): string {
  const bytes = writePayload(payload);
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  bytes.fill(0);
  return `otpauth-migration://offline?data=${encodeURIComponent(data)}`;
}
