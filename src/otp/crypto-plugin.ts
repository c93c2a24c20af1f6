/** Node's own cryptography for otplib, whose default is written in JavaScript and takes several times as long. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CryptoPlugin } from 'otplib';

/** Whether two texts are the same, in a time that depends on their lengths alone. */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** HMAC (RFC 2104) by OpenSSL, without waiting. */
export const nodeCrypto: CryptoPlugin = {
  name: 'node',
  hmac: (algorithm, key, message) => createHmac(algorithm, key).update(message).digest(),
  randomBytes,
  constantTimeEqual,
};
