/** Reads the key of a request: a secret with parameters, or an otpauth URI or a sealed key, which the parameters must not contradict. */
import type { Key, SealedKey } from '../../gen/ts/otp/v1/key_pb.ts';
import { invalid, Violations } from '../otp/error.ts';
import { BOUNDS, checkWhole, DEFAULTS, type OtpType } from '../otp/params.ts';
import { readUri, type UriReading } from '../otp/read-uri.ts';
import { parseSecret } from '../otp/secret.ts';
import type { KeyUri } from '../otp/uri.ts';
import { readAlgorithm, readType } from './enums.ts';
import { readCounter } from './numbers.ts';
import { checkBlob, type KeyOpener, type OpenedKey } from './sealed-key.ts';

/** A complete key. The names are those of its URI or sealed key, unchecked; they are empty for a bare secret. */
export interface ResolvedKey extends KeyUri {
  /** Set if and only if the key was sealed. */
  readonly opened: OpenedKey | undefined;
}

/** Options for reading a key. */
export interface KeyReading {
  /** Opens sealed keys; without it they are refused. */
  readonly opener?: KeyOpener;
  /** The path of the key in its request, for errors about a sealed key; `key` if unset. */
  readonly path?: string;
  /** False if the counter of a HOTP does not matter: it may be missing, and the counter of a URI is not read. */
  readonly needsCounter?: boolean;
}

/** The information in the source of a key. */
type Source = Partial<UriReading & Pick<ResolvedKey, 'opened'>>;

/**
 * Reads `key`. Throws every violation at once, with field paths relative to the key. A sealed key is opened only if nothing else is wrong with the key,
 * which may throw the `Rejection` of `KeyOpener.open`.
 *
 * Each violation is about the request as it was sent: a field that could not be read is not replaced by a default, and not compared with others.
 */
export function readKey(key: Key, reading: KeyReading = {}): ResolvedKey {
  const { needsCounter = true } = reading;
  const found = new Violations();
  const given = {
    type: found.collect('', readType, key.type),
    algorithm: found.collect('', readAlgorithm, key.algorithm),
    counter: found.collect('', readCounter, 'counter', key.counter),
  };
  const source = readSource(key, given.type, reading, found);
  // For a bare secret the defaults apply; for a URI its own values; without a source none.
  const defaults: Partial<typeof DEFAULTS> = key.source.case === 'secret' ? DEFAULTS : {};
  const from = key.source.case === 'sealed' ? 'sealed key' : 'URI';
  const type = settle('type', given.type, source.type, defaults.type, found, from);
  const algorithm = settle('algorithm', given.algorithm, source.algorithm, defaults.algorithm, found, from);
  const digits = settle('digits', readDigits(key, found), source.digits, defaults.digits, found, from);
  const period = settle('period_seconds', readPeriod(key, type, found), source.period, defaults.period, found, from);
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
  const { issuer = '', accountName = '', opened } = source;
  const counter = given.counter ?? source.counter;
  return { secret, parameters: { type, algorithm, digits, period }, counter, issuer, accountName, opened };
}

/**
 * Reads the key in a required field of a request. The path of the field precedes the paths of its violations, and the refusal of a sealed key is held back
 * until `throwIfRefused`.
 */
export function requireKey(
  key: Key | undefined,
  violations: Violations,
  opener: KeyOpener,
  field: string = 'key',
): ResolvedKey | undefined {
  if (key !== undefined) {
    return opener.holdRefusal(() => violations.collect(`${field}.`, readKey, key, { opener, path: field }));
  }
  violations.add(field, 'required: set key.secret to the base32 secret, or key.uri to the otpauth URI');
  return undefined;
}

/** Reads the source of a key: all parameters of a URI or a sealed key, or only the bytes of a bare secret. */
function readSource(key: Key, type: OtpType | undefined, reading: KeyReading, found: Violations): Source {
  switch (key.source.case) {
    case 'uri':
      return readUri(key.source.value, found, reading.needsCounter !== false && key.counter === undefined);
    case 'secret':
      return { secret: found.collect('', parseSecret, key.source.value) };
    case 'sealed':
      // All violations that can be found without the content are thrown before anything is opened.
      checkBlob(found, 'sealed.', 'otpk1', key.source.value);
      readDigits(key, found);
      readPeriod(key, type, found);
      found.throwIfAny();
      return open(key.source.value, reading);
    default:
      found.add('secret', 'required: set secret, or uri instead');
      return {};
  }
}

function open(sealed: SealedKey, { opener, path = 'key' }: KeyReading): Source {
  if (opener === undefined) throw invalid('sealed', 'cannot be opened here: send it to the service that sealed it');
  const opened = opener.open(sealed, `${path}.sealed`);
  return { ...opened, ...opened.parameters, opened };
}

/** The resulting value: the field, the value of the source, or the default; undefined if field and source disagree, or the field is invalid. */
function settle<T>(
  field: string,
  given: T | undefined,
  inSource: T | undefined,
  fallback: T | undefined,
  found: Violations,
  source: 'URI' | 'sealed key',
): T | undefined {
  if (found.has(field)) return undefined;
  if (given === undefined || inSource === undefined || given === inSource) return given ?? inSource ?? fallback;
  found.add(field, `differs from the ${source}: leave it unset, or correct one of them`);
  return undefined;
}

function readDigits({ digits }: Key, found: Violations): number | undefined {
  if (digits === 0) return undefined;
  checkWhole(found, 'digits', digits, BOUNDS.digits);
  return digits;
}

/** The period in a request; 0 for HOTP. If the type is uncertain, any period of a TOTP is accepted. */
function readPeriod({ periodSeconds }: Key, type: OtpType | undefined, found: Violations): number | undefined {
  if (type === 'hotp') {
    if (periodSeconds !== 0) found.add('period_seconds', 'must be left unset for HOTP, which has no time step');
    return 0;
  }
  if (periodSeconds === 0) return undefined;
  checkWhole(found, 'period_seconds', periodSeconds, BOUNDS.period);
  return periodSeconds;
}
