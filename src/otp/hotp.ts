/** Codes: computed for a counter by otplib (RFC 4226), read as people type them, and searched for in a window of counters. */
import { createGuardrails, generateSync, type HashAlgorithm, type OTPGuardrails } from 'otplib';
import { constantTimeEqual, nodeCrypto } from './crypto-plugin.ts';
import { type Algorithm, BOUNDS, checkCounter, type Parameters } from './params.ts';
import { readPasted } from './pasted.ts';

type CodeParameters = Pick<Parameters, 'algorithm' | 'digits'>;

/** The longest code that is accepted, in bytes of UTF-8 as typed: a digit may take four bytes, and so may each separator. */
export const MAX_CODE_BYTES = 256;

/** The default bounds of otplib exclude keys that are in use. */
const guardrails: OTPGuardrails = createGuardrails({
  MIN_SECRET_BYTES: BOUNDS.secret.min,
  MAX_SECRET_BYTES: BOUNDS.secret.max,
  MIN_PERIOD: BOUNDS.period.min,
  MAX_PERIOD: BOUNDS.period.max,
  MAX_COUNTER: BOUNDS.counter.max,
});

const HASHES: Readonly<Record<Algorithm, HashAlgorithm>> = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' };

/**
 * The code for a counter, or for a time step (RFC 4226 section 5.3, RFC 6238 section 4).
 *
 * @param secret 1 to 256 bytes.
 * @returns `digits` decimal digits, leading zeros included.
 * @throws InvalidInputError for `counter` below 0 or above 2^53 - 1.
 */
export function hotpCode(secret: Uint8Array, counter: number, parameters: CodeParameters): string {
  checkCounter(counter);
  return codeAt(secret, counter, parameters);
}

function codeAt(secret: Uint8Array, counter: number, { algorithm, digits }: CodeParameters): string {
  return generateSync({
    strategy: 'hotp',
    secret,
    counter,
    algorithm: HASHES[algorithm],
    digits: digits as 6 | 7 | 8, // As `completeParameters` has checked.
    crypto: nodeCrypto,
    guardrails,
  });
}

/**
 * Reads a code as typed or pasted (see `readPasted`): spaces and dashes between the digits do not count, and neither does their script.
 *
 * @param text at most 256 bytes in UTF-8.
 * @returns the bare ASCII digits, or undefined for the wrong length or anything but digits.
 */
export function readCode(text: string, digits: number): string | undefined {
  const code = readPasted(text);
  return code?.length === digits && /^[0-9]+$/.test(code) ? code : undefined;
}

/**
 * Returns the counter, or time step, from `first` to `last` with this code. If several have it, returns the latest, so that no other remains usable.
 *
 * Tries every counter and compares each code in constant time, so that the time taken does not depend on the match. Skips counters above 2^53 - 1.
 *
 * @param secret 1 to 256 bytes.
 * @param code the result of `readCode` for `digits`.
 * @throws InvalidInputError for a `first` below 0.
 */
export function findMatch(
  secret: Uint8Array,
  code: string,
  first: number,
  last: number,
  parameters: CodeParameters,
): number | undefined {
  checkCounter(first);
  const end = Math.min(last, BOUNDS.counter.max);
  const wanted = Buffer.from(code);
  let match: number | undefined;
  for (let counter = first; counter <= end; counter++) {
    match = constantTimeEqual(codeAt(secret, counter, parameters), wanted) ? counter : match;
  }
  return match;
}
