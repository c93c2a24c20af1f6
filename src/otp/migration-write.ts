/** Writes otpauth-migration URIs, each for one QR code that a phone reads from a screen. */
import { writeKey } from './migration-key.ts';
import { type MigrationPayload, type OtpParameters, writeParameters, writePayload } from './migration-message.ts';
import type { KeyUri } from './uri.ts';

/** The most keys in one URI, as in Google's app. */
const MOST_KEYS = 10;
/** The most bytes of a payload with several keys: about 1,000 characters of URI, a QR code of some 120 modules. A single key may be longer. */
const MOST_BYTES = 690;
/** The version of the format; readers accept the first. */
const VERSION = 1;

/** The URIs, and which of them holds each key. */
export interface MigrationUris {
  readonly uris: readonly string[];
  /** For each key the index of its URI. */
  readonly places: readonly number[];
}

/**
 * Writes keys as the parts of one migration, in their order.
 *
 * @param keys keys that `checkMigratable` accepts.
 * @param batchId any 32-bit number; readers match the parts of a migration by it.
 */
export function writeMigration(keys: readonly KeyUri[], batchId: number): MigrationUris {
  const parts = divide(keys.map(writeKey));
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

function uriOf(payload: MigrationPayload): string {
  const bytes = writePayload(payload);
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  bytes.fill(0);
  return `otpauth-migration://offline?data=${encodeURIComponent(data)}`;
}
