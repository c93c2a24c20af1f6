/** Reads otpauth URIs (Google's Key URI Format) as apps write them: strictly where a code depends on the content, and tolerantly elsewhere. */
import { InvalidInputError, type Violations } from './error.ts';
import { type Algorithm, BOUNDS, DEFAULTS, type OtpType } from './params.ts';
import { trimInvisible } from './pasted.ts';
import { parseSecret } from './secret.ts';
import type { Label } from './uri.ts';
import { readNames } from './uri-names.ts';
import { type Query, readQuery } from './uri-query.ts';

/** The content of a URI, with defaults filled in. A part that could not be read is undefined, and has left a violation. */
export interface UriReading extends Label {
  readonly type: OtpType | undefined;
  readonly secret: Uint8Array | undefined;
  readonly algorithm: Algorithm | undefined;
  readonly digits: number | undefined;
  /** In seconds; undefined for HOTP too. */
  readonly period: number | undefined;
  /** Undefined for TOTP, and if it was not read. */
  readonly counter: number | undefined;
}

/** In bytes of UTF-8. */
const MAX_URI = 4096;

/** A `#` in the label is part of the label: if it ended the URI, the reader would find no secret. */
const URI = /^otpauth:\/\/([^/?#]*)(?:\/([^?]*))?(?:\?(.*))?$/is;
/** A `?` in the label, if the secret is the first parameter: a query that begins elsewhere has no secret. */
const LONGER_LABEL = /^([^=&]*)\?(secret=.*)$/is;
const ALGORITHM = /^(?:HMAC[-_]?)?SHA[-_]?(1|256|512)$/i;
/** Excludes `30s`, `6.0`, `06`, `-1` and `0x1e`. */
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

const COMMON = ['secret', 'algorithm', 'digits', 'encoder'];

/**
 * Reads as much of a URI as possible, and notes for the field `uri` each value that a code depends on and that cannot be read.
 *
 * Tolerant where apps differ: any case of the scheme, the type, the algorithm and the parameters' names, `SHA-1` for `SHA1`, invisible
 * characters around the whole, all names, and parameters that are unknown or belong to the other type. Strict where a guess could give
 * wrong codes: an unknown type, a number that is not plain, a parameter given twice or behind a `#`.
 *
 * @param text at most 4096 bytes in UTF-8.
 * @param withCounter false if the counter of a HOTP is given elsewhere; the counter in the URI is then ignored.
 */
export function readUri(text: string, found: Violations, withCounter = true): UriReading {
  const parts = split(text, found);
  if (parts === undefined) return NOTHING;
  const [typeText, label, query] = parts;
  const type = readType(typeText, found);
  const values = readQuery(query, new Set([...COMMON, ...movingFactor(type, withCounter)]), found);
  if (values.has('encoder')) found.add('uri', 'the parameter encoder is not supported: only codes in digits are');
  return {
    type,
    secret: readSecret(values, found),
    algorithm: readAlgorithm(values, found),
    digits: readNumber('digits', values, found, DEFAULTS.digits),
    period: type === 'totp' ? readNumber('period', values, found, DEFAULTS.period) : undefined,
    counter: type === 'hotp' && withCounter ? readNumber('counter', values, found) : undefined,
    ...readNames(label, values.get('issuer') ?? ''),
  };
}

const NOTHING: UriReading = {
  type: undefined,
  secret: undefined,
  algorithm: undefined,
  digits: undefined,
  period: undefined,
  counter: undefined,
  issuer: '',
  accountName: '',
};

function split(text: string, found: Violations): [type: string, label: string, query: string] | undefined {
  if (Buffer.byteLength(text) > MAX_URI) {
    found.add('uri', `must be at most ${MAX_URI} bytes`);
    return undefined;
  }
  const match = URI.exec(trimInvisible(text));
  if (match === null) {
    found.add('uri', 'must have the form otpauth://totp/ISSUER:ACCOUNT?secret=BASE32, with any # percent-encoded');
    return undefined;
  }
  const [, type = '', label = '', query = ''] = match;
  const [, more, rest] = LONGER_LABEL.exec(query) ?? [];
  return more === undefined || rest === undefined ? [type, label, query] : [type, `${label}?${more}`, rest];
}

/** The further parameters that a code of the type depends on. */
function movingFactor(type: OtpType | undefined, withCounter: boolean): string[] {
  if (type === 'totp') return ['period'];
  return type === 'hotp' && withCounter ? ['counter'] : [];
}

function readType(text: string, found: Violations): OtpType | undefined {
  const type = text.toLowerCase();
  if (type === 'totp' || type === 'hotp') return type;
  found.add('uri', 'the type must be totp or hotp');
  return undefined;
}

function readSecret(values: Query, found: Violations): Uint8Array | undefined {
  const text = values.get('secret');
  if (text) return parse(text, found);
  // A parameter that could not be decoded has its violation already.
  if (text === '' || !values.has('secret')) found.add('uri', 'the parameter secret is required');
  return undefined;
}

function parse(text: string, found: Violations): Uint8Array | undefined {
  try {
    return parseSecret(text);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    for (const { description } of error.violations) found.add('uri', `the parameter secret ${description}`);
    return undefined;
  }
}

function readAlgorithm(values: Query, found: Violations): Algorithm | undefined {
  const text = values.get('algorithm');
  if (text === undefined) return values.has('algorithm') ? undefined : DEFAULTS.algorithm;
  const size = ALGORITHM.exec(text)?.[1];
  if (size === undefined) found.add('uri', 'the parameter algorithm must be SHA1, SHA256 or SHA512');
  return size === undefined ? undefined : (`SHA${size}` as Algorithm);
}

function readNumber(
  name: 'digits' | 'period' | 'counter',
  values: Query,
  found: Violations,
  fallback?: number,
): number | undefined {
  if (!values.has(name) && fallback === undefined) found.add('uri', `the parameter ${name} is required for HOTP`);
  const text = values.get(name);
  if (text === undefined) return values.has(name) ? undefined : fallback;
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  const { min, max } = BOUNDS[name];
  if (value >= min && value <= max) return value;
  found.add('uri', `the parameter ${name} must be a whole number from ${min} to ${max}`);
  return undefined;
}
