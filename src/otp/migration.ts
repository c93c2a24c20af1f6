/** Reads otpauth-migration URIs: the keys that Google Authenticator and others hand over, several to a QR code. */
import { type InvalidInputError, invalid } from './error.ts';
import { readKey } from './migration-key.ts';
import { type MigrationPayload, readPayload } from './migration-message.ts';
import { trimInvisible } from './pasted.ts';
import type { KeyUri } from './uri.ts';

/** The content of one QR code; a migration may have several. */
export interface MigrationPart {
  /** The same for all parts of a migration. */
  readonly batchId: number;
  /** From 0. */
  readonly index: number;
  /** The number of parts, 1 to 100. */
  readonly size: number;
  /** The keys in order; for a key that cannot be used, the reason, for the field `uri`. */
  readonly entries: readonly (KeyUri | InvalidInputError)[];
}

/** In bytes of UTF-8: more than the largest QR code holds. */
const MAX_URI = 4096;
/** Keys in one URI, and parts of one migration; Google's app writes 10 keys into each. */
const MAX_KEYS = 100;
const MAX_PARTS = 100;

const SCHEME = /^otpauth-migration:/i;
const URI = /^otpauth-migration:\/\/offline\/?\?(.*)$/is;
/** Base64 has no `%`: text that still has one after decoding was encoded twice. */
const ESCAPED_TWICE = /%(?:2b|2f|3d)/i;
const BASE64 = /^[A-Za-z0-9+/]+$/;

/** Whether a text is meant as an otpauth-migration URI. */
export function isMigrationUri(text: string): boolean {
  return SCHEME.test(trimInvisible(text.slice(0, MAX_URI)));
}

/**
 * Reads a URI. A key that cannot be used does not prevent the others from being read.
 *
 * @param text at most 4096 bytes in UTF-8, with at most 100 keys.
 * @throws InvalidInputError for `uri` if it cannot be read as a whole.
 */
export function readMigration(text: string): MigrationPart {
  const bytes = readData(text);
  try {
    const { keys, batchSize, batchIndex, batchId } = parse(bytes);
    const size = Math.max(batchSize, 1);
    if (batchSize < 0 || size > MAX_PARTS || batchIndex < 0 || batchIndex >= size) {
      throw invalid('uri', `must be one of at most ${MAX_PARTS} parts, with an index below their number`);
    }
    return { batchId, index: batchIndex, size, entries: keys.map(readKey) };
  } finally {
    bytes.fill(0);
  }
}

function parse(bytes: Uint8Array): MigrationPayload {
  let payload: MigrationPayload | undefined;
  try {
    payload = readPayload(bytes, MAX_KEYS);
  } catch {
    throw invalid('uri', 'the parameter data is damaged: scan the QR code again');
  }
  if (payload === undefined) throw invalid('uri', `must hold at most ${MAX_KEYS} keys`);
  if (payload.keys.length === 0) throw invalid('uri', 'holds no key');
  return payload;
}

/** The bytes of the parameter `data`. */
function readData(text: string): Uint8Array {
  // The length in UTF-16 is checked first, since it is known without reading the text.
  if (text.length > MAX_URI || Buffer.byteLength(text) > MAX_URI) throw invalid('uri', `must be at most ${MAX_URI} bytes`);
  const query = URI.exec(trimInvisible(text))?.[1];
  if (query === undefined) throw invalid('uri', 'must have the form otpauth-migration://offline?data=BASE64');
  const values = query.split('&').filter((pair) => /^data=/i.test(pair));
  const [value] = values;
  if (value === undefined || values.length > 1) throw invalid('uri', 'the parameter data must be given once');
  const base64 = decodeEscapes(value.slice('data='.length))
    .replace(/[\r\n\t]/g, '')
    .trim()
    // A space was a plus sign before some form decoded it; the last two are those of base64url (RFC 4648 section 5).
    .replaceAll(' ', '+')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/={0,2}$/, '');
  // Node skips characters that are not base64, so a damaged text would be decoded as another text.
  if (!BASE64.test(base64) || base64.length % 4 === 1) throw invalid('uri', 'the parameter data must be base64');
  return Buffer.from(base64, 'base64');
}

function decodeEscapes(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    return ESCAPED_TWICE.test(decoded) ? decodeURIComponent(decoded) : decoded;
  } catch {
    throw invalid('uri', 'the parameter data has a malformed percent escape');
  }
}

/** A part of a migration that was not read. */
export interface LostPart {
  readonly batchId: number;
  readonly index: number;
  readonly size: number;
}

/** The missing parts of one or several migrations, in the order in which the migrations first occur. */
export function lostParts(parts: readonly Omit<MigrationPart, 'entries'>[]): LostPart[] {
  const batches = new Map<string, { readonly batchId: number; readonly size: number; readonly indices: Set<number> }>();
  for (const { batchId, index, size } of parts) {
    const batch = batches.get(`${batchId} ${size}`) ?? { batchId, size, indices: new Set() };
    batches.set(`${batchId} ${size}`, batch);
    batch.indices.add(index);
  }
  return [...batches.values()].flatMap(({ batchId, size, indices }) =>
    Array.from({ length: size }, (_, index) => ({ batchId, index, size })).filter(({ index }) => !indices.has(index)),
  );
}
