/** A key in the backup of an app, checked field by field: a parameter that a code depends on must be present and supported. */
import { InvalidInputError, Violations } from '../../otp/error.ts';
import { type Algorithm, BOUNDS, checkWhole, completeParameters } from '../../otp/params.ts';
import { parseSecret } from '../../otp/secret.ts';
import { fitLabel, formatUri } from '../../otp/uri.ts';

/** The fields of a backup under the names of otpd, unchecked. */
export interface BackupEntry {
  readonly type: unknown;
  readonly secret: unknown;
  readonly algorithm: unknown;
  readonly digits: unknown;
  readonly period: unknown;
  readonly counter: unknown;
  readonly issuer: unknown;
  readonly accountName: unknown;
}

/** A backup that cannot be read as a whole; the message gives the reason and the remedy. */
export class BackupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BackupError';
  }
}

/** The most keys in a backup, more than a person has. */
const MAX_ENTRIES = 10_000;
const ALGORITHMS: ReadonlySet<unknown> = new Set<Algorithm>(['SHA1', 'SHA256', 'SHA512']);

/** The keys as otpauth URIs, in order; for a key that cannot be converted, the reason. */
export function readEntries<T>(entries: unknown, read: (entry: T) => BackupEntry): (string | InvalidInputError)[] {
  if (!Array.isArray(entries)) throw new BackupError('the backup has no list of keys: export it again');
  if (entries.length > MAX_ENTRIES) throw new BackupError(`the backup has more than ${MAX_ENTRIES} keys`);
  return entries.map((entry) => {
    try {
      return uriOf(read(asRecord(entry) as T));
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return error;
    }
  });
}

/** The value if it is an object; otherwise an empty object. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function uriOf(entry: BackupEntry): string {
  const found = new Violations();
  const type = entry.type === 'totp' || entry.type === 'hotp' ? entry.type : undefined;
  if (type === undefined) found.add('type', `is ${nameOf(entry.type)}, whose codes are not those of RFC 4226 or RFC 6238`);
  const algorithm = ALGORITHMS.has(entry.algorithm) ? (entry.algorithm as Algorithm) : undefined;
  if (algorithm === undefined) found.add('algorithm', `is ${nameOf(entry.algorithm)}: it must be SHA1, SHA256 or SHA512`);
  const secret = found.collect('', parseSecret, typeof entry.secret === 'string' ? entry.secret : '');
  const period = type === 'totp' ? numberOf(entry.period) : undefined;
  const parameters = found.collect('', completeParameters, { type, digits: numberOf(entry.digits), period });
  const counter = type === 'hotp' ? numberOf(entry.counter) : undefined;
  if (counter !== undefined) checkWhole(found, 'counter', counter, BOUNDS.counter);
  found.throwIfAny();
  if (secret === undefined || algorithm === undefined || parameters === undefined)
    throw new Error('a key without violations is complete');
  const label = fitLabel({ issuer: textOf(entry.issuer), accountName: textOf(entry.accountName) });
  return formatUri({ secret, parameters: { ...parameters, algorithm }, counter, ...label });
}

/** Not a number, which is refused as out of bounds. */
function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A word of the format in a form that is safe to show; any other value is not shown. */
function nameOf(value: unknown): string {
  return typeof value === 'string' && /^[\w-]{1,16}$/.test(value) ? value : 'unknown';
}
