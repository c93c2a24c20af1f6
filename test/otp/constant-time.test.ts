/** Each code of the window is compared by `timingSafeEqual`: the time of an answer does not show how much of a code is right. */
import { expect, it, vi } from 'vitest';
import { findMatch } from '../../src/otp/hotp.ts';

const compared = vi.hoisted(() => [] as string[]);
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    timingSafeEqual: (one: Uint8Array, other: Uint8Array) => {
      compared.push(`${Buffer.from(one)} ${Buffer.from(other)}`);
      return crypto.timingSafeEqual(one, other);
    },
  };
});

it('is asked of every code of the window, also after the right one', () => {
  const secret = Buffer.from('12345678901234567890');
  expect(findMatch(secret, '287082', 0, 3, { algorithm: 'SHA1', digits: 6 })).toBe(1);
  const codes = compared.map((both) => both.split(' ').filter((code) => code !== '287082'));
  expect(codes.flat().sort()).toEqual(['359152', '755224', '969429']);
  expect(compared).toHaveLength(4);
});
