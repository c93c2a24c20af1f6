/** HMAC (RFC 2104) from two one-shot hashes: half the cost of `createHmac`, and less where one key has several messages. */
import { hash } from 'node:crypto';
import type { Algorithm } from './params.ts';

/** Block sizes in bytes (FIPS 180-4). */
const BLOCK_SIZE: Readonly<Record<Algorithm, number>> = { SHA1: 64, SHA256: 64, SHA512: 128 };

/** The longest message: a counter has 8 bytes, a digest, which the outer hash takes, 64, and what names a key less than 200. */
const MAX_MESSAGE = 256;

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** What the two hashes are of. Nothing here awaits, so they are never shared, and allocating costs more than hashing; all zero between uses. */
const inner: Buffer = Buffer.alloc(BLOCK_SIZE.SHA512 + MAX_MESSAGE);
const outer: Buffer = Buffer.alloc(BLOCK_SIZE.SHA512 + MAX_MESSAGE);

/**
 * A key as HMAC uses it: hashed if longer than the block, then zero-padded to the block.
 *
 * Keys that give the same codes become equal. The result is as secret as the key.
 *
 * @returns a new array of 64 bytes (SHA512: 128).
 */
export function normaliseKey(key: Uint8Array, algorithm: Algorithm): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE[algorithm]);
  putKey(block, key, algorithm);
  return block;
}

/** The HMAC of a message of at most 256 bytes: 20, 32 or 64 bytes. */
export type Mac = (message: Uint8Array) => Uint8Array;

/** Lets `use` compute HMACs under one key, until it returns; nothing of the key is left in memory that was written to. */
export function withHmac<T>(algorithm: Algorithm, key: Uint8Array, use: (mac: Mac) => T): T {
  const size = BLOCK_SIZE[algorithm];
  try {
    putKey(inner, key, algorithm);
    for (let i = 0; i < size; i++) {
      const byte = inner[i] ?? 0;
      inner[i] = byte ^ INNER_PAD;
      outer[i] = byte ^ OUTER_PAD;
    }
    return use((message) => {
      inner.set(message, size);
      const digest = hash(algorithm, inner.subarray(0, size + message.length), 'binary');
      const end = size + outer.write(digest, size, 'latin1');
      return Buffer.from(hash(algorithm, outer.subarray(0, end), 'binary'), 'latin1');
    });
  } finally {
    inner.fill(0);
    outer.fill(0);
  }
}

/** Writes the normalised key over zeros. */
function putKey(target: Uint8Array, key: Uint8Array, algorithm: Algorithm): void {
  if (key.length <= BLOCK_SIZE[algorithm]) {
    target.set(key);
    return;
  }
  const digest = hash(algorithm, key, 'buffer');
  target.set(digest);
  digest.fill(0);
}
