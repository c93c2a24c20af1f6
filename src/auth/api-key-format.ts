/** The written form of an API key: `otpd_<id>_<secret>_<checksum>`, made and read. */
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

/** Facts that follow from the text of an API key alone. */
export interface ParsedApiKey {
  /** The public id, 12 characters of base62. */
  readonly id: string;
  /** SHA-256 of the whole API key, 32 bytes. */
  readonly digest: Uint8Array;
}

/** A random id: 71 bits, so that keys made anywhere never meet. */
export function randomId(): string {
  return Array.from({ length: ID_LENGTH }, () => BASE62.charAt(randomInt(BASE62.length))).join('');
}

/** A new API key with 256 random bits, for a new id or an old one. */
export function randomApiKey(id: string): string {
  const secret = base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_LENGTH);
  const unchecked = `otpd_${id}_${secret}`;
  return `${unchecked}_${checksum(unchecked)}`;
}

/** SHA-256 of a whole API key, 32 bytes: all that is ever stored of it. */
export function digestOf(apiKey: string): Uint8Array {
  // By way of a string: asked for a buffer, `hash` takes more than twice as long, on every call of the service.
  return Buffer.from(hash('sha256', apiKey, 'latin1'), 'latin1');
}

/**
 * Reads an API key, strictly: the exact length first, so that no work is done on a long text, then the alphabet. Undefined for anything else.
 */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  if (text.length !== LENGTH || !SHAPE.test(text)) return undefined;
  return { id: text.slice(ID_START, ID_START + ID_LENGTH), digest: digestOf(text) };
}

/**
 * Whether a text that was read as an API key can have been issued: one that was not needs no look-up. The checksum finds typing mistakes and
 * lets secret scanners recognise a key; it protects nothing, and may be compared as it comes.
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
