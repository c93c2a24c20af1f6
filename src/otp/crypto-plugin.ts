/** Node's own cryptography for otplib, whose default is written in JavaScript and takes several times as long. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CryptoPlugin } from 'otplib';

/** Whether two texts are the same, in a time that depends on their lengths alone. */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** HMAC (RFC 2104) by OpenSSL, without waiting. The digest comes by way of a string: asked for a buffer, Node makes an array buffer for each. */
export const nodeCrypto: CryptoPlugin = {
  name: 'node',
  hmac: (algorithm, key, message) => Buffer.from(createHmac(algorithm, key).update(message).digest('latin1'), 'latin1'),
  randomBytes,
  constantTimeEqual,
};
