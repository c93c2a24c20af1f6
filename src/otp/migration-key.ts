/** Converts a key to and from the message of a migration, which has no field for the period and numbers for only some of the other parameters. */
import { type InvalidInputError, Violations } from './error.ts';
import {
  ALGORITHM_NUMBERS,
  DIGIT_NUMBERS,
  MD5,
  MIGRATION_PERIOD,
  type OtpParameters,
  TYPE_NUMBERS,
} from './migration-message.ts';
import { type Algorithm, BOUNDS, checkCounter, DEFAULTS, type OtpType } from './params.ts';
import { checkLabel, fitLabel, type KeyUri, type Label } from './uri.ts';

/**
 * Refuses a key that the format cannot express: it has no field for the period, and no value for 7 digits.
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

/** Writes the message of a key that `checkMigratable` accepts. */
export function writeKey({ secret, parameters, counter = 0, ...names }: KeyUri): OtpParameters {
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

/**
 * Reads a key from its message. Returns the reason, for the field `uri`, if the key cannot be used. A field that the writer left at zero takes the default
 * of the format.
 */
export function readKey(entry: OtpParameters): KeyUri | InvalidInputError {
  const found = new Violations();
  const secret = readSecret(entry, found);
  const algorithm = find<Algorithm>(ALGORITHM_NUMBERS, entry.algorithm, DEFAULTS.algorithm);
  if (algorithm === undefined) found.add('uri', describeAlgorithm(entry.algorithm));
  const digits = find<number>(DIGIT_NUMBERS, entry.digits, DEFAULTS.digits);
  if (digits === undefined) found.add('uri', 'the key does not say that its codes have 6 or 8 digits');
  const type = find<OtpType>(TYPE_NUMBERS, entry.type, DEFAULTS.type);
  if (type === undefined) found.add('uri', 'the key does not say that it is a TOTP or a HOTP');
  const counter = type === 'hotp' ? readCounter(entry, found) : undefined;
  if (found.error !== undefined) return found.error;
  if (secret === undefined || algorithm === undefined || digits === undefined || type === undefined) {
    throw new Error('a key without violations is complete');
  }
  const period = type === 'totp' ? MIGRATION_PERIOD : 0;
  return { ...fitLabel(namesOf(entry)), secret, parameters: { type, algorithm, digits, period }, counter };
}

function readSecret({ secret }: OtpParameters, found: Violations): Uint8Array | undefined {
  const { min, max } = BOUNDS.secret;
  if (secret.length >= min && secret.length <= max) return secret;
  found.add('uri', `the secret of the key must have ${min} to ${max} bytes`);
  return undefined;
}

function readCounter({ counter }: OtpParameters, found: Violations): number {
  const { min, max } = BOUNDS.counter;
  if (counter < min || counter > max) found.add('uri', `the counter of the key must be a whole number from ${min} to ${max}`);
  return Number(counter);
}

function describeAlgorithm(number: number): string {
  const what = number === MD5 ? 'has the algorithm MD5' : 'does not have a known algorithm';
  return `the key ${what}: it must be SHA1, SHA256 or SHA512`;
}

function find<T>(numbers: ReadonlyMap<T, number>, number: number, fallback: T): T | undefined {
  return number === 0 ? fallback : [...numbers].find(([, known]) => known === number)?.[0];
}

/** Many apps put the issuer before the name as well, as the label of an otpauth URI has it. */
function namesOf({ name, issuer }: OtpParameters): Label {
  const colon = name.indexOf(':');
  const prefix = issuer === '' ? name.slice(0, Math.max(colon, 0)) : issuer;
  const accountName = prefix !== '' && name.startsWith(`${prefix}:`) ? name.slice(prefix.length + 1) : name;
  return { issuer: prefix, accountName };
}
