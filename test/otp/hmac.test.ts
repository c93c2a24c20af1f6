/** HMAC keys, and the HMAC that otplib uses. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantTimeEqual, nodeCrypto } from '../../src/otp/crypto-plugin.ts';
import { normaliseKey } from '../../src/otp/hmac.ts';
import rfc4226 from '../vectors/rfc4226.json' with { type: 'json' };
import { algorithms, secrets } from './arbitraries.ts';

/** Returns different bytes, so that a wrong order is noticed. */
function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 101 + length) & 0xff);
}

describe('nodeCrypto', () => {
  it('gives the intermediate values of RFC 4226 appendix D', () => {
    for (const { counter, hmac } of rfc4226.values) {
      const message = Buffer.alloc(8);
      message.writeBigUInt64BE(BigInt(counter));
      const digest = nodeCrypto.hmac('sha1', Buffer.from(rfc4226.secret), message) as Uint8Array;
      expect(Buffer.from(digest).toString('hex')).toBe(hmac);
    }
  });

  it('makes the requested number of random bytes', () => {
    expect(nodeCrypto.randomBytes(20)).toHaveLength(20);
    expect(nodeCrypto.randomBytes(20)).not.toEqual(nodeCrypto.randomBytes(20));
  });
});

describe('constantTimeEqual', () => {
  it.each([
    ['123456', '123457'],
    ['123456', '12345'],
    ['123456', ''],
    ['', '1'],
    ['123456', '\uff11\uff12\uff13\uff14\uff15\uff16'],
    ['000000', '\u0130\u0130\u0130\u0130\u0130\u0130'],
  ])('tells %j from %j', (a, b) => expect(constantTimeEqual(a, b)).toBe(false));

  it('finds equal texts and bytes equal', () => {
    expect(constantTimeEqual('123456', '123456')).toBe(true);
    expect(constantTimeEqual('123456', Buffer.from('123456'))).toBe(true);
    expect(constantTimeEqual('', '')).toBe(true);
  });
});

describe('normaliseKey', () => {
  it('gives equal keys for equal codes', () => {
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

  it("is the key that Node's HMAC uses", () => {
    const mac = (algorithm: string, key: Uint8Array) => createHmac(algorithm, key).update('message').digest('hex');
    fc.assert(
      fc.property(secrets, algorithms, (secret, algorithm) => {
        expect(mac(algorithm, normaliseKey(secret, algorithm))).toBe(mac(algorithm, secret));
      }),
    );
  });

  it('does not change the key', () => {
    const key = bytes(100);
    normaliseKey(key, 'SHA1')[0] = 7;
    expect(key).toEqual(bytes(100));
  });
});
