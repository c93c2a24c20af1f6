/** Codes: made for a counter (RFC 4226), read as people type them, and found among the counters of a window. */
import { dynamicTruncate, truncateDigits } from '@otplib/core';
import { type Mac, withHmac } from './hmac.ts';
import { BOUNDS, checkCounter, type Parameters } from './params.ts';
import { readPasted } from './pasted.ts';

type CodeParameters = Pick<Parameters, 'algorithm' | 'digits'>;

/** The longest code that is read, in bytes of UTF-8 as it was typed: twice as long as eight digits of any script with a mark after each. */
export const MAX_CODE_BYTES = 256;

/**
 * The code for a counter, or for a time step (RFC 4226 section 5.3, RFC 6238 section 4).
 *
 * @param secret 1 to 256 bytes.
 * @returns `digits` decimal digits, leading zeros included.
 * @throws InvalidInputError for `counter` below 0 or above 2^53 - 1.
 */
export function hotpCode(secret: Uint8Array, counter: number, { algorithm, digits }: CodeParameters): string {
  checkCounter(counter);
  return withHmac(algorithm, secret, (mac) => truncateDigits(valueAt(mac, counter), digits));
}

/** The number of 31 bits whose last digits are the code (RFC 4226 section 5.3, steps 1 and 2). */
function valueAt(mac: Mac, counter: number): number {
  return dynamicTruncate(mac(bytesOf(counter)));
}

/** Eight bytes, big-endian (RFC 4226 section 5.1), until the next call. otplib's own takes as long as a hash: it counts in BigInt. */
function bytesOf(counter: number): Uint8Array {
  message.setUint32(0, Math.floor(counter / 2 ** 32));
  message.setUint32(4, counter % 2 ** 32);
  return messageBytes;
}

const message: DataView = new DataView(new ArrayBuffer(8));
const messageBytes: Uint8Array = new Uint8Array(message.buffer);

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
 * The counter, or time step, from `first` to `last` whose code this is; of several, the latest, so that none stays usable after it.
 *
 * Every counter is tried, and codes are compared as numbers, which takes as long whatever they are: the time taken tells nothing about the
 * match. Counters above 2^53 - 1 do not exist and are left out.
 *
 * @param code what `readCode` returned for `digits`.
 * @throws InvalidInputError for a `first` below 0.
 */
export function findMatch(
  secret: Uint8Array,
  code: string,
  first: number,
  last: number,
  { algorithm, digits }: CodeParameters,
): number | undefined {
  checkCounter(first);
  const typed = Number(code);
  const modulus = 10 ** digits;
  const end = Math.min(last, BOUNDS.counter.max);
  return withHmac(algorithm, secret, (mac) => {
    let match: number | undefined;
    for (let counter = first; counter <= end; counter++) {
      if (valueAt(mac, counter) % modulus === typed) match = counter;
    }
    return match;
  });
}
