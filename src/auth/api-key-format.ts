/** The text form of an API key, `otpd_<id>_<secret>_<checksum>`: generated and parsed. */
import { hash, randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
/** 62^43 is the first power above 2^256. */
const SECRET_LENGTH = 43;
/** 62^6 is the first power above 2^32. */
const CHECKSUM_LENGTH = 6;
const ID_START = 'otpd_'.length;
const CHECKSUM_START = ID_START + ID_LENGTH + 1 + SECRET_LENGTH + 1;
const LENGTH = CHECKSUM_START + CHECKSUM_LENGTH;
const SHAPE = /^otpd_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/;

/** The facts that follow from the text of an API key alone. */
export interface ParsedApiKey {
  /** The public id, 12 characters of base62. */
  readonly id: string;
  /** SHA-256 of the whole API key, 32 bytes. */
  readonly digest: Uint8Array;
}

/** A random id of 71 bits, which rules out collisions. */
export function randomId(): string {
  return Array.from({ length: ID_LENGTH }, () => BASE62.charAt(randomInt(BASE62.length))).join('');
}

/** A new API key with 256 random bits, for a new id or an existing one. */
export function randomApiKey(id: string): string {
  const secret = base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_LENGTH);
  const unchecked = `otpd_${id}_${secret}`;
  return `${unchecked}_${checksum(unchecked)}`;
}

/** SHA-256 of a whole API key, 32 bytes: the only form that is stored. */
export function digestOf(apiKey: string): Uint8Array {
  // Read as a string: `hash` takes more than twice as long to return a buffer, and every call needs a digest.
  return Buffer.from(hash('sha256', apiKey, 'latin1'), 'latin1');
}

/**
 * Parses an API key strictly: first the exact length, so that long texts cost nothing, then the alphabet. Returns undefined for any other text.
 */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  if (text.length !== LENGTH || !SHAPE.test(text)) return undefined;
  return { id: text.slice(ID_START, ID_START + ID_LENGTH), digest: digestOf(text) };
}

/**
 * Whether a text in the form of an API key can have been issued; any other text needs no look-up. The checksum finds typing mistakes and lets secret
 * scanners recognise a key. It protects nothing, so it need not be compared in constant time.
 */
export function hasChecksum(apiKey: string): boolean {
  return apiKey.slice(CHECKSUM_START) === checksum(apiKey.slice(0, CHECKSUM_START - 1));
}

function checksum(unchecked: string): string {
  let value = crc32(unchecked);
  let text = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    text = BASE62.charAt(value % 62) + text;
    value = Math.floor(value / 62);
  }
  return text;
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = BASE62.charAt(Number(rest % 62n)) + text;
  return text.padStart(length, '0');
}
