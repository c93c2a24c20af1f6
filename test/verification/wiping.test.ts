/** The copies of a secret that a fingerprint needs are zeroed before it is returned, also after an error. */
import { expect, it, vi } from 'vitest';
import { createFingerprints } from '../../src/verification/fingerprint.ts';

const copies = vi.hoisted(() => [] as Uint8Array[]);
vi.mock('../../src/otp/hmac.ts', async (original) => {
  const hmac = await original<typeof import('../../src/otp/hmac.ts')>();
  return {
    ...hmac,
    normaliseKey: (...words: Parameters<typeof hmac.normaliseKey>) => {
      const copy = hmac.normaliseKey(...words);
      copies.push(copy);
      return copy;
    },
  };
});

it('leaves nothing of a secret behind', () => {
  const { ofSecret, ofKey } = createFingerprints(Buffer.alloc(32, 1));
  const secret = Buffer.alloc(100, 7);
  ofSecret(secret, 'SHA1');
  ofKey(secret, { type: 'totp', algorithm: 'SHA512', period: 30 });
  expect(copies.map((copy) => copy.length)).toEqual([64, 128]);
  expect(copies.every((copy) => copy.every((byte) => byte === 0))).toBe(true);
  expect(secret.every((byte) => byte === 7)).toBe(true);
});

it('copies no secret that is not hashed', () => {
  copies.length = 0;
  createFingerprints(Buffer.alloc(32, 1)).ofSecret(Buffer.from([7, 7, 0]), 'SHA1');
  expect(copies).toEqual([]);
});
