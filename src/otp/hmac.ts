/** The normal form of an HMAC key (RFC 2104), which is equal for all keys that give the same codes. */
import { hash } from 'node:crypto';
import type { Algorithm } from './params.ts';

/** Block sizes in bytes (FIPS 180-4). */
export const BLOCK_SIZE: Readonly<Record<Algorithm, number>> = { SHA1: 64, SHA256: 64, SHA512: 128 };

/**
 * A key as HMAC uses it: hashed if longer than the block, then zero-padded to the block.
 *
 * Keys that give the same codes become equal. The result is as secret as the key.
 *
 * @returns a new array of 64 bytes (SHA512: 128).
 */
export function normaliseKey(key: Uint8Array, algorithm: Algorithm): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE[algorithm]);
  if (key.length <= block.length) {
    block.set(key);
    return block;
  }
  const digest = hash(algorithm, key, 'buffer');
  block.set(digest);
  digest.fill(0);
  return block;
}
