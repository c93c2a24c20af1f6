/** The use of OpenSSL: the derived key of a blob, and content that is not authentic, are zeroed, and short tags are refused. */
import { expect, it, vi } from 'vitest';
import { createSealing } from '../../src/sealing/sealing.ts';
import { ringOf } from './rings.ts';

const derived = vi.hoisted(() => [] as Buffer[]);
const contents = vi.hoisted(() => [] as Buffer[]);
const tagLengths = vi.hoisted(() => [] as unknown[]);
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    createHmac: (...args: Parameters<typeof crypto.createHmac>) => {
      const hmac = crypto.createHmac(...args);
      const digest = hmac.digest.bind(hmac) as () => Buffer;
      return Object.assign(hmac, {
        digest: (encoding?: 'hex') => {
          const bytes = digest();
          if (encoding !== undefined) return bytes.toString(encoding);
          derived.push(bytes);
          return bytes;
        },
      });
    },
    createDecipheriv: (...args: Parameters<typeof crypto.createDecipheriv>) => {
      tagLengths.push(args[3]);
      const decipher = crypto.createDecipheriv(...args);
      const update = decipher.update.bind(decipher) as (data: Uint8Array) => Buffer;
      return Object.assign(decipher, {
        update: (data: Uint8Array) => {
          const content = update(data);
          contents.push(content);
          return content;
        },
      });
    },
  };
});

const BINDING = { tenant: 'default', context: Buffer.alloc(0) };
const isZero = (bytes: Buffer) => bytes.every((byte) => byte === 0);

it('whether it opens or not', () => {
  const sealing = createSealing(ringOf(1));
  const blob = sealing.seal('otpk1', Buffer.from('a secret'), BINDING, 0);
  expect(derived.map((bytes) => [bytes.length, isZero(bytes)])).toEqual([[64, true]]);
  const { payload } = sealing.open('otpk1', blob, BINDING);
  expect(Buffer.from(payload).toString()).toBe('a secret');
  expect(() => sealing.open('otpk1', blob, { ...BINDING, tenant: 'other' })).toThrow('does not open');
  expect(derived.map(isZero)).toEqual([true, true, true]);
  // Without this option, Node accepts a shorter tag.
  expect(tagLengths).toEqual([{ authTagLength: 16 }, { authTagLength: 16 }]);
  expect(contents.map((content) => [content.length, isZero(content)])).toEqual([
    [8, false],
    [8, true],
  ]);
  // The first buffer is the requested content, which its reader zeroes.
  payload.fill(0);
  expect(contents.map(isZero)).toEqual([true, true]);
});
