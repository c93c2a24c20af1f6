/** Keys as otpauth URIs, in Google's Key URI Format: written in the one way that every app reads, read as apps write them. */
import { InvalidInputError, invalid, Violations } from './error.ts';
import { type Algorithm, checkCounter, completeParameters, type OtpType, type Parameters } from './params.ts';
import { formatSecret, parseSecret } from './secret.ts';

/** What an authenticator app shows for a key. */
export interface Label {
  /** Who the account is with; may be empty. */
  readonly issuer: string;
  readonly accountName: string;
}

/** All that a URI says about a key. */
export interface KeyUri extends Label {
  readonly secret: Uint8Array;
  readonly parameters: Parameters;
  /** The HOTP counter (RFC 4226 section 5.1); undefined for TOTP. */
  readonly counter: number | undefined;
}

/** In bytes of UTF-8. */
const MAX_ISSUER = 128;
const MAX_ACCOUNT_NAME = 256;
const MAX_URI = 4096;

/** Control characters, line separators, and what turns the direction of writing: a label may not look like another. */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

const URI = /^otpauth:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;
const ALGORITHM = /^(?:HMAC[-_]?)?SHA[-_]?(1|256|512)$/i;
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** Parameters that are read; `encoder` is KeePassXC's mark of codes that are not digits. Others (`image`, `lock`) change no code. */
const KNOWN: ReadonlySet<string> = new Set(['secret', 'issuer', 'algorithm', 'digits', 'period', 'counter', 'encoder']);

/**
 * Checks what an app will show, and trims it: the format drops spaces around the account name.
 *
 * @param issuer at most 128 bytes in UTF-8, may be empty.
 * @param accountName 1 to 256 bytes in UTF-8.
 * @throws InvalidInputError for `issuer` and `account_name`.
 */
export function checkLabel(issuer: string, accountName: string): Label {
  const label: Label = { issuer: issuer.trim(), accountName: accountName.trim() };
  const found = new Violations();
  checkText(found, 'issuer', label.issuer, MAX_ISSUER);
  if (label.accountName === '') found.add('account_name', 'is required: give a name for the account, such as an e-mail address');
  checkText(found, 'account_name', label.accountName, MAX_ACCOUNT_NAME);
  found.throwIfAny();
  return label;
}

function checkText(found: Violations, field: string, text: string, max: number): void {
  if (Buffer.byteLength(text) > max) found.add(field, `must be at most ${max} bytes in UTF-8`);
  if (text.includes(':')) found.add(field, 'must not contain a colon, which separates issuer and account name');
  if (INVISIBLE.test(text)) found.add(field, 'must not contain control characters');
  if (!text.isWellFormed()) found.add(field, 'must be well-formed Unicode, without lone surrogates');
}

/**
 * Writes a key as a URI. Every value is percent-encoded and every parameter written out, defaults too, so that no app has to guess.
 *
 * @throws InvalidInputError for `issuer`, `account_name`, and the `counter` of a HOTP.
 */
export function formatUri(key: KeyUri): string {
  const { type, algorithm, digits, period } = key.parameters;
  const { issuer, accountName } = checkLabel(key.issuer, key.accountName);
  const prefix = issuer === '' ? '' : `${encode(issuer)}:`;
  const parameters = [`secret=${formatSecret(key.secret)}`];
  if (issuer !== '') parameters.push(`issuer=${encode(issuer)}`);
  parameters.push(`algorithm=${algorithm}`, `digits=${digits}`);
  parameters.push(type === 'hotp' ? `counter=${requireCounter(key.counter)}` : `period=${period}`);
  return `otpauth://${type}/${prefix}${encode(accountName)}?${parameters.join('&')}`;
}

/** Percent-encodes all but the unreserved characters (RFC 3986 section 2.3). */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function requireCounter(counter: number | undefined): number {
  if (counter === undefined) throw invalid('counter', 'is required for HOTP');
  checkCounter(counter);
  return counter;
}

/**
 * Reads a URI.
 *
 * Tolerant where apps differ: any case of the scheme, the type, the algorithm and the parameters' names, `SHA-1` for `SHA1`, an
 * encoded colon in the label, no issuer parameter, parameters that are unknown or belong to the other type. Strict where a guess
 * could give wrong codes or a wrong name: an unknown type, a number that is not plain, a parameter given twice, two issuers.
 *
 * A `+` is a plus sign, as in RFC 3986. Only where the label has the same issuer with spaces, the parameter's pluses mean spaces.
 *
 * @param text at most 4096 bytes.
 * @throws InvalidInputError for `uri`, with every violation at once; the descriptions name the parameters.
 */
export function parseUri(text: string): KeyUri {
  if (Buffer.byteLength(text) > MAX_URI) throw invalid('uri', `must be at most ${MAX_URI} bytes`);
  const match = URI.exec(text.trim());
  if (match === null) {
    throw invalid('uri', 'must have the form otpauth://totp/ISSUER:ACCOUNT?secret=BASE32, with any # percent-encoded');
  }
  const [, rawType = '', rawLabel = '', query = ''] = match;
  const found = new Violations();
  const type = readType(found, rawType);
  const values = readQuery(found, query);
  const { issuer, accountName } = readLabel(found, decode(found, 'label', rawLabel), values.get('issuer'));
  const key = {
    secret: collect(found, () => readSecret(values.get('secret'))),
    issuer,
    accountName,
    parameters: collect(found, () =>
      completeParameters({
        type,
        algorithm: readAlgorithm(found, values.get('algorithm')),
        digits: readNumber(values.get('digits')),
        period: type === 'totp' ? readNumber(values.get('period')) : undefined,
      }),
    ),
    counter: type === 'hotp' ? collect(found, () => requireCounter(readNumber(values.get('counter')))) : undefined,
  };
  if (values.has('encoder')) found.add('uri', 'the parameter encoder is not supported: only codes in digits are');
  found.throwIfAny();
  return key as KeyUri; // Whatever could not be read has left a violation.
}

function readType(found: Violations, text: string): OtpType | undefined {
  const type = text.toLowerCase();
  if (type === 'totp' || type === 'hotp') return type;
  found.add('uri', 'the type must be totp or hotp');
  return undefined;
}

/** The known parameters by their names in lower case. */
function readQuery(found: Violations, query: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of query.split('&')) {
    const end = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const name = decode(found, 'name of a parameter', pair.slice(0, end)).toLowerCase();
    if (name.startsWith('amp;')) found.add('uri', 'the parameters must be separated by & alone: the URI is escaped for HTML');
    if (!KNOWN.has(name)) continue;
    if (values.has(name)) found.add('uri', `the parameter ${name} must be given once`);
    values.set(name, decode(found, `parameter ${name}`, pair.slice(end + 1)));
  }
  return values;
}

function decode(found: Violations, part: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    found.add('uri', `the ${part} has a malformed percent escape`);
    return text;
  }
}

function readLabel(found: Violations, label: string, issuerParameter = ''): Partial<Label> {
  const colon = label.indexOf(':');
  const prefix = label.slice(0, Math.max(colon, 0)).trim();
  const parameter = issuerParameter.trim();
  if (prefix !== '' && parameter !== '' && plusAsSpace(prefix) !== plusAsSpace(parameter)) {
    found.add('uri', 'the parameter issuer must be the same as the issuer in the label');
  }
  return collect(found, () => checkLabel(prefix === '' ? parameter : prefix, label.slice(colon + 1))) ?? {};
}

function plusAsSpace(text: string): string {
  return text.replaceAll('+', ' ');
}

function readSecret(text: string | undefined): Uint8Array {
  if (text === undefined || text === '') throw invalid('secret', 'is required');
  return parseSecret(text);
}

function readAlgorithm(found: Violations, text: string | undefined): Algorithm | undefined {
  if (text === undefined) return undefined;
  const size = ALGORITHM.exec(text)?.[1];
  if (size === undefined) found.add('uri', 'the parameter algorithm must be SHA1, SHA256 or SHA512');
  return size === undefined ? undefined : (`SHA${size}` as Algorithm);
}

/** A plain decimal number; NaN, which no bounds hold, for `30s`, `6.0`, `06`, `-1`, `0x1e` or nothing. */
function readNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

const PART_NAMES: Readonly<Record<string, string>> = {
  account_name: 'account name',
  issuer: 'issuer',
  period_seconds: 'parameter period',
};

/** Runs a check: its result, or undefined and its violations noted for the field `uri`, each with the name of the part. */
function collect<T>(found: Violations, check: () => T): T | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    for (const { field, description } of error.violations) {
      found.add('uri', `the ${PART_NAMES[field] ?? `parameter ${field}`} ${description}`);
    }
    return undefined;
  }
}
