/** Node's own cryptography for otplib, whose default is written in JavaScript and takes several times as long. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CryptoPlugin } from 'otplib';

/** Whether two texts are the same, in a time that depends on their lengths alone. */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  const left = typeof a === 'string' ? Buffer.from(a) : a;
  const right = typeof b === 'string' ? Buffer.from(b) : b;
  return left.length === right.length && timingSafeEqual(left, right);
}

/** HMAC (RFC 2104) by OpenSSL, synchronous. The digest is read as a string, because Node allocates an array buffer for each digest that it returns as bytes. */
export const nodeCrypto: CryptoPlugin = {
  name: 'node',
  hmac: (algorithm, key, message) => Buffer.from(createHmac(algorithm, key).update(message).digest('latin1'), 'latin1'),
  randomBytes,
  constantTimeEqual,
};
