/** Codes: made for a counter (RFC 4226), read as people type them, and found among the counters of a window. */
import { createGuardrails, generateSync } from 'otplib';
import { cryptoPlugin } from './hmac.ts';
import { type Algorithm, BOUNDS, checkCounter, type Parameters } from './params.ts';
import { dropSeparators } from './secret.ts';

type CodeParameters = Pick<Parameters, 'algorithm' | 'digits'>;

/** otplib's own bounds refuse secrets that exist in the wild: 10 bytes in much documentation, 80 and more in some services. */
const GUARDRAILS = createGuardrails({ MIN_SECRET_BYTES: BOUNDS.secret.min, MAX_SECRET_BYTES: BOUNDS.secret.max });

const OTPLIB_NAME = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const satisfies Record<Algorithm, string>;

/**
 * The code for a counter, or for a time step (RFC 4226 section 5.3, RFC 6238 section 4).
 *
 * @param secret 1 to 128 bytes.
 * @returns `digits` decimal digits, leading zeros included.
 * @throws InvalidInputError for `counter` below 0 or above 2^53 - 1.
 */
export function hotpCode(secret: Uint8Array, counter: number, { algorithm, digits }: CodeParameters): string {
  checkCounter(counter);
  return generateSync({
    strategy: 'hotp',
    secret,
    counter,
    algorithm: OTPLIB_NAME[algorithm],
    digits: digits as 6 | 7 | 8, // What `completeParameters` lets through.
    crypto: cryptoPlugin,
    guardrails: GUARDRAILS,
    epoch: 0, // Unused for HOTP; left out, otplib reads the clock.
  });
}

/**
 * Reads a code as typed: spaces and dashes between the digits do not count.
 *
 * @returns the bare digits, or undefined for the wrong length or anything but ASCII digits.
 */
export function readCode(text: string, digits: number): string | undefined {
  const code = dropSeparators(text);
  return code.length === digits && /^[0-9]+$/.test(code) ? code : undefined;
}

/**
 * The counter, or time step, from `first` to `last` whose code this is; of several, the latest, so that none stays usable after it.
 *
 * Every counter is tried and compared in constant time, so the time taken tells nothing about the match. Counters above 2^53 - 1 do
 * not exist and are left out.
 *
 * @param code what `readCode` returned.
 * @throws InvalidInputError for a `first` below 0.
 */
export function findMatch(
  secret: Uint8Array,
  code: string,
  first: number,
  last: number,
  parameters: CodeParameters,
): number | undefined {
  const typed = Buffer.from(code);
  const end = Math.min(last, BOUNDS.counter.max);
  let match: number | undefined;
  for (let counter = first; counter <= end; counter++) {
    if (cryptoPlugin.constantTimeEqual(typed, hotpCode(secret, counter, parameters))) match = counter;
  }
  return match;
}
