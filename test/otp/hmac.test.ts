/** HMAC: equal to Node's own for every key length, and erased after use. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseKey, withHmac } from '../../src/otp/hmac.ts';
import type { Algorithm } from '../../src/otp/params.ts';
import rfc4226 from '../vectors/rfc4226.json' with { type: 'json' };
import { algorithms, secrets } from './arbitraries.ts';

const ALGORITHMS = ['SHA1', 'SHA256', 'SHA512'] as const;

/** Bytes that differ from each other, so that a wrong order shows. */
function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 101 + length) & 0xff);
}

function hmac(algorithm: Algorithm, key: Uint8Array, message: Uint8Array): Uint8Array {
  return withHmac(algorithm, key, (mac) => mac(message));
}

function expected(algorithm: string, key: Uint8Array, message: Uint8Array): string {
  return createHmac(algorithm, key).update(message).digest('hex');
}

describe('hmac', () => {
  it('refuses a message that is too long for it, and works on', () => {
    expect(() => hmac('SHA512', bytes(10), bytes(257))).toThrow(RangeError);
    expect(Buffer.from(hmac('SHA512', bytes(3), bytes(8))).toString('hex')).toBe(expected('SHA512', bytes(3), bytes(8)));
  });

  it.each(ALGORITHMS)("equals Node's createHmac for %s and keys of 0 to 200 bytes", (algorithm) => {
    for (let length = 0; length <= 200; length++) {
      const [key, message] = [bytes(length), bytes((length * 7) % 257)];
      expect(Buffer.from(hmac(algorithm, key, message)).toString('hex')).toBe(expected(algorithm, key, message));
    }
  });

  it('gives the intermediate values of RFC 4226 appendix D', () => {
    const secret = Buffer.from(rfc4226.secret);
    for (const { counter, hmac: digest } of rfc4226.values) {
      const message = Buffer.alloc(8);
      message.writeBigUInt64BE(BigInt(counter));
      expect(Buffer.from(hmac('SHA1', secret, message)).toString('hex')).toBe(digest);
    }
  });

  it('has one key for several messages, whatever came between', () => {
    const macs = withHmac('SHA256', bytes(70), (mac) => [mac(bytes(8)), mac(bytes(64)), mac(bytes(8))]);
    expect(macs.map((mac) => Buffer.from(mac).toString('hex'))).toEqual(
      [8, 64, 8].map((length) => expected('SHA256', bytes(70), bytes(length))),
    );
  });

  it('returns arrays of its own', () => {
    const first = hmac('SHA1', bytes(20), bytes(8));
    const copy = Uint8Array.from(first);
    hmac('SHA1', bytes(21), bytes(8));
    expect(Uint8Array.from(first)).toEqual(copy);
  });
});

describe('normaliseKey', () => {
  it('makes keys equal that give the same codes', () => {
    fc.assert(
      fc.property(secrets, algorithms, fc.nat(8), (secret, algorithm, zeros) => {
        const block = normaliseKey(secret, algorithm);
        expect(block).toHaveLength(algorithm === 'SHA512' ? 128 : 64);
        expect(normaliseKey(block, algorithm)).toEqual(block);
        const padded = Uint8Array.from([...secret, ...new Uint8Array(zeros)]);
        const same = padded.length <= block.length || zeros === 0;
        expect(Buffer.compare(normaliseKey(padded, algorithm), block) === 0).toBe(same);
      }),
    );
  });

  it('leaves the key as it is', () => {
    const key = bytes(100);
    normaliseKey(key, 'SHA1')[0] = 7;
    hmac('SHA1', key, bytes(8));
    expect(key).toEqual(bytes(100));
  });
});
