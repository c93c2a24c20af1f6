/** The digest of a long secret, which is as secret as the secret itself, is zeroed after it was copied. */
import { expect, it, vi } from 'vitest';
import { normaliseKey } from '../../src/otp/hmac.ts';

const digests = vi.hoisted(() => [] as Buffer[]);
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    hash: (algorithm: string, data: Uint8Array) => {
      const digest = crypto.hash(algorithm, data, 'buffer');
      digests.push(digest);
      return digest;
    },
  };
});

it('leaves no digest behind', () => {
  const key = normaliseKey(Buffer.alloc(100, 7), 'SHA256');
  expect(key.some((byte) => byte !== 0)).toBe(true);
  expect(digests.map((digest) => digest.equals(Buffer.alloc(32)))).toEqual([true]);
});
