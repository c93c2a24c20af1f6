/** The fingerprint key: the first start makes its file, and later starts read it. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { invalid } from '../otp/error.ts';
import { FINGERPRINT_KEY_BYTES } from '../verification/fingerprint.ts';
import { makePrivateFile } from './private-file.ts';
import { readSettingFile } from './setting-file.ts';

const FORM = /^[0-9a-f]{64}\s*$/i;

/** The file of the key beside an embedded database. */
export function fingerprintKeyFile(dataDir: string): string {
  return join(dataDir, 'fingerprint.key');
}

/**
 * Reads the key from `file`: 32 bytes as 64 hexadecimal digits. Throws `InvalidInputError` for `field` if it cannot be used.
 */
export function readFingerprintKey(file: string, field: string): Uint8Array {
  const text = readSettingFile(file, field);
  if (!FORM.test(text))
    throw invalid(field, 'not a fingerprint key: use 64 hexadecimal digits, as `openssl rand -hex 32` makes them');
  return Buffer.from(text.trim(), 'hex');
}

/** Makes the key in `file`, readable for its owner alone, unless it exists: of several processes that start at once, one makes it. */
export function ensureFingerprintKey(file: string): void {
  makePrivateFile(file, `${randomBytes(FINGERPRINT_KEY_BYTES).toString('hex')}\n`);
}
