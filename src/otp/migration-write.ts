/** Writes otpauth-migration URIs, each for one QR code that a phone reads from a screen. */
import { writeKey } from './migration-key.ts';
import { type MigrationPayload, type OtpParameters, writeParameters, writePayload } from './migration-message.ts';
import type { KeyUri } from './uri.ts';

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
 * Writes keys as the parts of one migration, in their order.
 *
 * @param keys those that `checkMigratable` lets pass.
 * @param batchId any number of 32 bits; the parts of a migration are known by it.
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
