/** The keys of the test vectors, which open the blobs of the examples: a ring with a single sealing key, and the fingerprint key. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatRing } from '../../src/app/ring-file.ts';
import type { Flags } from '../../src/config/config.ts';
import { createKey } from '../../src/sealing/ring.ts';

/** Bytes 0 to 31, as in test/vectors/sealed-keys.json and recovery-codes.json. */
const KEY = Uint8Array.from({ length: 32 }, (_, place) => place);

/** Makes a data folder with the two files. The caller removes it. */
export function knownKeysFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-known-'));
  const options = { mode: 0o600 };
  writeFileSync(join(folder, 'ring'), formatRing([createKey(KEY, 0, 0)]), options);
  writeFileSync(join(folder, 'fingerprint'), Buffer.from(KEY).toString('hex'), options);
  return folder;
}

/** Returns the flags that name the files of such a folder. */
export function knownKeysFlags(folder: string): Flags {
  return { sealingKeys: join(folder, 'ring'), fingerprintKeyFile: join(folder, 'fingerprint') };
}
