/** Copies of a secret that a fingerprint needs are zeroed before it is given, whether it is made or not. */
import { expect, it, vi } from 'vitest';
import { createFingerprints } from '../../src/verification/fingerprint.ts';

const copies = vi.hoisted(() => [] as Uint8Array[]);
vi.mock('../../src/otp/hmac.ts', async (original) => {
  const { normaliseKey } = await original<typeof import('../../src/otp/hmac.ts')>();
  return {
    normaliseKey: (...words: Parameters<typeof normaliseKey>) => {
      const copy = normaliseKey(...words);
      copies.push(copy);
      return copy;
    },
  };
});

it('leaves nothing of a secret behind', () => {
  const { ofSecret, ofKey } = createFingerprints(Buffer.alloc(32, 1));
  const secret = Buffer.alloc(20, 7);
  ofSecret(secret, 'SHA1');
  ofKey(secret, { type: 'totp', algorithm: 'SHA512', period: 30 });
  expect(copies.map((copy) => copy.length)).toEqual([64, 128]);
  expect(copies.every((copy) => copy.every((byte) => byte === 0))).toBe(true);
  expect(secret.every((byte) => byte === 7)).toBe(true);
});
