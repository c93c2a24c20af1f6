/** HMAC (RFC 2104) from two one-shot hashes, as otplib's crypto plugin: half the cost of `createHmac`. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CryptoPlugin, HashAlgorithm } from 'otplib';
import type { Algorithm } from './params.ts';

/** Block sizes in bytes (FIPS 180-4). */
const BLOCK_SIZE: Readonly<Record<Algorithm, number>> = { SHA1: 64, SHA256: 64, SHA512: 128 };

const BY_OTPLIB_NAME: Readonly<Record<HashAlgorithm, Algorithm>> = { sha1: 'SHA1', sha256: 'SHA256', sha512: 'SHA512' };

/** The longest message: as long as the longest digest, which the outer hash takes; otplib's are 8 bytes. */
const MAX_MESSAGE = 64;

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** Where every HMAC is computed, since allocating costs more than hashing. Nothing here awaits, so it is never shared; all zero between uses. */
const scratch: Buffer = Buffer.alloc(BLOCK_SIZE.SHA512 + MAX_MESSAGE);

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

/**
 * The HMAC of a message of at most 64 bytes; nothing of the key is left in memory that it wrote to.
 *
 * @returns 20, 32 or 64 bytes.
 */
export function hmac(algorithm: Algorithm, key: Uint8Array, message: Uint8Array): Uint8Array {
  const size = BLOCK_SIZE[algorithm];
  try {
    putKey(scratch, key, algorithm);
    flip(size, INNER_PAD);
    scratch.set(message, size);
    const inner = hash(algorithm, scratch.subarray(0, size + message.length), 'binary');
    flip(size, INNER_PAD ^ OUTER_PAD);
    const end = size + scratch.write(inner, size, 'latin1');
    return Buffer.from(hash(algorithm, scratch.subarray(0, end), 'binary'), 'latin1');
  } finally {
    scratch.fill(0);
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

function flip(size: number, mask: number): void {
  for (let i = 0; i < size; i++) scratch[i] = (scratch[i] ?? 0) ^ mask;
}

/** What otplib computes with. */
export const cryptoPlugin: CryptoPlugin = {
  name: 'one-shot',
  algorithms: ['sha1', 'sha256', 'sha512'],
  hmac: (algorithm, key, data) => hmac(BY_OTPLIB_NAME[algorithm], key, data),
  randomBytes: (length) => randomBytes(length),
  constantTimeEqual: (a, b) => {
    const [left, right] = [Buffer.from(a), Buffer.from(b)];
    return left.length === right.length && timingSafeEqual(left, right);
  },
};
