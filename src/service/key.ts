/** Reads the key of a request: a secret with parameters, or an otpauth URI that the parameters may not contradict. */
import type { Key } from '../../gen/ts/otp/v1/key_pb.ts';
import { Violations } from '../otp/error.ts';
import { BOUNDS, checkWhole, DEFAULTS, type OtpType, type Parameters } from '../otp/params.ts';
import { readUri, type UriReading } from '../otp/read-uri.ts';
import { parseSecret } from '../otp/secret.ts';
import { readAlgorithm, readType } from './enums.ts';
import { readCounter } from './numbers.ts';

/** A key, ready to compute with. */
export interface ResolvedKey {
  readonly secret: Uint8Array;
  readonly parameters: Parameters;
  /** Set exactly if the key is a HOTP. */
  readonly counter: number | undefined;
}

/**
 * Reads `key`; throws every violation at once, with field paths relative to the key.
 *
 * Each violation is one of the request as it was sent: a field that could not be read is not replaced by a default, and not compared with others.
 *
 * @param needsCounter false if the counter of a HOTP does not matter: it may be missing, and that of a URI is not looked at.
 */
export function readKey(key: Key, needsCounter = true): ResolvedKey {
  const found = new Violations();
  const given = {
    type: found.collect('', readType, key.type),
    algorithm: found.collect('', readAlgorithm, key.algorithm),
    counter: found.collect('', readCounter, 'counter', key.counter),
  };
  const source = readSource(key, needsCounter, found);
  // Beside a bare secret the defaults hold; beside a URI its own, and beside nothing none.
  const defaults: Partial<typeof DEFAULTS> = key.source.case === 'secret' ? DEFAULTS : {};
  const type = settle('type', given.type, source.type, defaults.type, found);
  const algorithm = settle('algorithm', given.algorithm, source.algorithm, defaults.algorithm, found);
  const digits = settle('digits', readDigits(key, found), source.digits, defaults.digits, found);
  const period = settle('period_seconds', readPeriod(key, type, found), source.period, defaults.period, found);
  if (type === 'totp' && key.counter !== undefined) {
    found.add('counter', 'not for TOTP: leave it unset, or set type to OTP_TYPE_HOTP');
  }
  if (type === 'hotp' && key.source.case === 'secret' && key.counter === undefined && needsCounter) {
    found.add('counter', 'required for HOTP: set the counter of the key');
  }
  found.throwIfAny();
  const { secret } = source;
  if (secret === undefined || type === undefined || algorithm === undefined || digits === undefined || period === undefined) {
    throw new Error('a key without violations is complete');
  }
  return { secret, parameters: { type, algorithm, digits, period }, counter: given.counter ?? source.counter };
}

/** Reads the key in a field of a request, which is required; its violations get the path of the field before them. */
export function requireKey(key: Key | undefined, violations: Violations, field: string = 'key'): ResolvedKey | undefined {
  if (key !== undefined) return violations.collect(`${field}.`, readKey, key, true);
  violations.add(field, 'required: set key.secret to the base32 secret, or key.uri to the otpauth URI');
  return undefined;
}

/** Reads the source of a key: all parameters of a URI, or the bytes of a bare secret alone. */
function readSource(key: Key, needsCounter: boolean, found: Violations): Partial<UriReading> {
  switch (key.source.case) {
    case 'uri':
      return readUri(key.source.value, found, needsCounter && key.counter === undefined);
    case 'secret':
      return { secret: found.collect('', parseSecret, key.source.value) };
    default:
      found.add('secret', 'required: set secret, or uri instead');
      return {};
  }
}

/** The value in force: the field, or that of the URI, or the default; undefined if they disagree, or the field is wrong by itself. */
function settle<T>(
  field: string,
  given: T | undefined,
  inUri: T | undefined,
  fallback: T | undefined,
  found: Violations,
): T | undefined {
  if (found.has(field)) return undefined;
  if (given === undefined || inUri === undefined || given === inUri) return given ?? inUri ?? fallback;
  found.add(field, 'differs from the URI: leave it unset, or correct one of them');
  return undefined;
}

function readDigits({ digits }: Key, found: Violations): number | undefined {
  if (digits === 0) return undefined;
  checkWhole(found, 'digits', digits, BOUNDS.digits);
  return digits;
}

/** The period asked for; 0 for HOTP. Of an uncertain type it may be any that a TOTP can have. */
function readPeriod({ periodSeconds }: Key, type: OtpType | undefined, found: Violations): number | undefined {
  if (type === 'hotp') {
    if (periodSeconds !== 0) found.add('period_seconds', 'must be left unset for HOTP, which has no time step');
    return 0;
  }
  if (periodSeconds === 0) return undefined;
  checkWhole(found, 'period_seconds', periodSeconds, BOUNDS.period);
  return periodSeconds;
}
