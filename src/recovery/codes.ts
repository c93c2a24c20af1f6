/** Recovery codes in the form that people see: drawn at random, written in groups, and read as typed. */
import { randomBytes } from 'node:crypto';
import type { Bounds } from '../otp/params.ts';
import { readPasted } from '../otp/pasted.ts';

/** The number of codes in a set, and its default. */
export const CODE_COUNT: Bounds = { min: 1, max: 20 };
export const DEFAULT_CODE_COUNT = 10;
/** The lengths of a code in symbols of 5 bits: 80 bits, the default, or 120. */
export const CODE_LENGTHS = [16, 24] as const;
export type CodeLength = (typeof CODE_LENGTHS)[number];
/** The longest code that is accepted, in bytes of UTF-8, as typed. */
export const MAX_RECOVERY_CODE_BYTES = 256;

/** Crockford's base32: no I, L, O or U. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** This many bytes are eight symbols. */
const CHUNK_BYTES = 5;
/** Symbols in a group, as a code is written. */
const GROUP = /.{4}(?=.)/g;

/** Makes `count` different codes of symbols without separators, each uniformly from 32^length. */
export function drawCodes(count: number, length: CodeLength): string[] {
  const codes = new Set<string>();
  while (codes.size < count) codes.add(encode(randomBytes((length * CHUNK_BYTES) / 8)));
  return [...codes];
}

/** A code for people: `ABCD-EFGH-…`. */
export function formatCode(code: string): string {
  return code.replace(GROUP, '$&-');
}

/**
 * Reads a code of at most `MAX_RECOVERY_CODE_BYTES`, one character at a time as `readPasted` does, in any case; O counts as 0, I and L count as 1.
 *
 * @returns the symbols; undefined for any other character or length.
 */
export function readRecoveryCode(text: string, length: CodeLength): string | undefined {
  const pasted = readPasted(text);
  if (pasted?.length !== length) return undefined;
  // The text is ASCII, so each letter has exactly one upper case.
  const code = pasted.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return [...code].every((symbol) => SYMBOLS.includes(symbol)) ? code : undefined;
}

function encode(bytes: Buffer): string {
  let digits = '';
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    digits += bytes.readUIntBE(at, CHUNK_BYTES).toString(32).padStart(8, '0');
  return digits.replaceAll(/./g, (digit) => SYMBOLS.charAt(Number.parseInt(digit, 32)));
}
