/** Shared secrets: decoded from base32 (RFC 4648 section 6) as people paste it, encoded as apps expect it, and generated. */
import { randomFillSync } from 'node:crypto';
import { invalid, Violations } from './error.ts';
import { BOUNDS, checkWhole } from './params.ts';
import { readPasted } from './pasted.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The longest text that is accepted, in bytes of UTF-8: more than 256 bytes in base32 with a separator of three bytes after each letter. */
const MAX_TEXT_BYTES = 2048;

/** Lengths modulo 8 that are impossible for whole bytes: such a text has lost a character. */
const IMPOSSIBLE_REMAINDERS: ReadonlySet<number> = new Set([1, 3, 6]);

/** Values by ASCII code, -1 for none. A table is used because Unicode case mapping turns other letters into ASCII letters. */
const VALUES: Int8Array = new Int8Array(128).fill(-1);
for (const [value, letter] of [...ALPHABET].entries()) {
  VALUES[letter.charCodeAt(0)] = value;
  VALUES[letter.toLowerCase().charCodeAt(0)] = value;
}

/**
 * Decodes a secret as typed or pasted (see `readPasted`): in any case, with spaces, dashes and padding or without.
 *
 * Drops bits left over after the last whole byte, as authenticator apps do. Refuses a length that is impossible in base32, as most libraries do:
 * a character is missing, and the codes would be wrong.
 *
 * @param text at most 2048 bytes in UTF-8.
 * @returns 1 to 256 bytes.
 * @throws InvalidInputError for `secret`.
 */
export function parseSecret(text: string): Uint8Array {
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) throw invalid('secret', `must be at most ${MAX_TEXT_BYTES} bytes of text`);
  const letters = readPasted(text)?.replace(/={1,6}$/, '');
  if (letters === '') throw invalid('secret', 'must not be empty: give the base32 text of the key');
  if (letters !== undefined && letters.length * 5 >= (BOUNDS.secret.max + 1) * 8) {
    throw invalid('secret', `must be at most ${BOUNDS.secret.max} bytes once decoded`);
  }
  const bytes = letters === undefined ? undefined : decode(letters);
  if (letters === undefined || bytes === undefined) {
    throw invalid('secret', 'must be base32: the letters A to Z and the digits 2 to 7');
  }
  if (IMPOSSIBLE_REMAINDERS.has(letters.length % 8))
    throw invalid('secret', 'is incomplete: a base32 text cannot have this length');
  return bytes;
}

function decode(letters: string): Uint8Array | undefined {
  const bytes = new Uint8Array((letters.length * 5) >> 3);
  let buffer = 0;
  let bits = 0;
  let end = 0;
  for (let i = 0; i < letters.length; i++) {
    const value = VALUES[letters.charCodeAt(i)] ?? -1;
    if (value < 0) return undefined;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[end++] = buffer >> bits;
    }
  }
  return bytes;
}

/** Encodes a secret as base32 in upper case without padding, which every app reads. */
export function formatSecret(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((buffer >> (bits - 5)) & 31);
  }
  return bits > 0 ? text + ALPHABET.charAt((buffer << (5 - bits)) & 31) : text;
}

/** Groups a base32 text in fours, for typing by hand. */
export function groupSecret(secret: string): string {
  return secret.replace(/.{4}(?=.)/g, '$& ');
}

/**
 * Makes a secret from the system's secure random generator.
 *
 * @param size bytes, 16 to 64 (RFC 4226 section 4, R6).
 * @throws InvalidInputError for `secret_size`.
 */
export function generateSecret(size: number): Uint8Array {
  const found = new Violations();
  checkWhole(found, 'secret_size', size, BOUNDS.newSecret);
  found.throwIfAny();
  return randomFillSync(new Uint8Array(size));
}
