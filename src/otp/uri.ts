/** Writes keys as otpauth URIs (Google's Key URI Format) in the form that every app reads. */
import { invalid, Violations } from './error.ts';
import { checkCounter, type Parameters } from './params.ts';
import { formatSecret } from './secret.ts';

/** The names that an authenticator app shows for a key. */
export interface Label {
  /** The organisation that the account is with; may be empty. */
  readonly issuer: string;
  readonly accountName: string;
}

/** The content of a URI. */
export interface KeyUri extends Label {
  readonly secret: Uint8Array;
  readonly parameters: Parameters;
  /** The HOTP counter (RFC 4226 section 5.1); undefined for TOTP. */
  readonly counter: number | undefined;
}

/** In bytes of UTF-8. */
const MAX_ISSUER = 128;
const MAX_ACCOUNT_NAME = 256;

/** Control characters, line separators, and characters that change the direction of writing: with them a label could look like another. */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const ALL_INVISIBLE: RegExp = new RegExp(INVISIBLE, 'gu');

/**
 * Checks the names that an app will show, and trims them: the format drops spaces around the account name.
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
 * Adapts the names of an imported key. No code depends on them, so no key is refused for them: colons become spaces, control characters are
 * dropped, and names that are too long are cut. A key without an account name gets its issuer as account name, or `unnamed`.
 */
export function fitLabel({ issuer, accountName }: Label): Label {
  const fitIssuer = fitName(issuer, MAX_ISSUER);
  return { issuer: fitIssuer, accountName: fitName(accountName, MAX_ACCOUNT_NAME) || fitIssuer || 'unnamed' };
}

function fitName(text: string, max: number): string {
  let kept = '';
  let bytes = 0;
  // Cut by code points, of which this many are enough for any text that fits.
  for (const character of text
    .slice(0, 4 * max)
    .toWellFormed()
    .replaceAll(':', ' ')
    .replace(ALL_INVISIBLE, '')
    .trim()) {
    bytes += Buffer.byteLength(character);
    if (bytes > max) break;
    kept += character;
  }
  return kept.trim();
}

/**
 * Writes a key as a URI. Percent-encodes every value and writes every parameter, defaults included, so that no app has to guess.
 *
 * @throws InvalidInputError for `issuer`, `account_name`, and the `counter` of a HOTP.
 */
export function formatUri(key: KeyUri): string {
  const { type, algorithm, digits, period } = key.parameters;
  const { issuer, accountName } = checkLabel(key.issuer, key.accountName);
  const prefix = issuer === '' ? '' : `${percentEncode(issuer)}:`;
  const parameters = [`secret=${formatSecret(key.secret)}`];
  if (issuer !== '') parameters.push(`issuer=${percentEncode(issuer)}`);
  parameters.push(`algorithm=${algorithm}`, `digits=${digits}`);
  parameters.push(type === 'hotp' ? `counter=${requireCounter(key.counter)}` : `period=${period}`);
  return `otpauth://${type}/${prefix}${percentEncode(accountName)}?${parameters.join('&')}`;
}

/** Percent-encodes all but the unreserved characters (RFC 3986 section 2.3). */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function requireCounter(counter: number | undefined): number {
  if (counter === undefined) throw invalid('counter', 'is required for HOTP');
  checkCounter(counter);
  return counter;
}
