/** The fingerprint key: made on the first start, read from its file ever after. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invalid } from '../otp/error.ts';
import { FINGERPRINT_KEY_BYTES } from '../verification/fingerprint.ts';
import { makePrivateFile } from './private-file.ts';

const FORM = /^[0-9a-f]{64}\s*$/i;

/** Where the key of an embedded database lies. */
export function fingerprintKeyFile(dataDir: string): string {
  return join(dataDir, 'fingerprint.key');
}

/**
 * Reads the key from `file`: 32 bytes as 64 hexadecimal digits. Throws `InvalidInputError` for `field` if it cannot be used.
 */
export function readFingerprintKey(file: string, field: string): Uint8Array {
  const text = readText(file, field);
  if (!FORM.test(text))
    throw invalid(field, 'not a fingerprint key: use 64 hexadecimal digits, as `openssl rand -hex 32` makes them');
  return Buffer.from(text.trim(), 'hex');
}

/** Makes the key in `file`, for its owner alone, unless there is one: of several processes that start at once, one makes it. */
export function ensureFingerprintKey(file: string): void {
  makePrivateFile(file, `${randomBytes(FINGERPRINT_KEY_BYTES).toString('hex')}\n`);
}

function readText(file: string, field: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(field, `cannot be read (${(error as NodeJS.ErrnoException).code}): correct the path or its mode`);
  }
}
