/** The names of states and requests, compared with known answers: with other names, every used code would pass again. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../src/otp/params.ts';
import { createFingerprints, FINGERPRINT_KEY_BYTES, stateNameOf } from '../../src/verification/fingerprint.ts';

const KEY = Uint8Array.from({ length: FINGERPRINT_KEY_BYTES }, (_, index) => index);
const SECRET = Buffer.from('12345678901234567890');
const LONG = Buffer.alloc(100, 7);
const ALGORITHMS: readonly Algorithm[] = ['SHA1', 'SHA256', 'SHA512'];
const fingerprints = createFingerprints(KEY);
const { ofSecret, ofKey, ofRequest, identity, keyFor } = fingerprints;

describe('known answers, made with the hmac module of Python', () => {
  it('name secrets', () => {
    for (const algorithm of ALGORITHMS) {
      expect(ofSecret(SECRET, algorithm)).toBe('zZBC81KXPV5zJhJbN42Wgw');
      expect(ofSecret(new Uint8Array(5), algorithm)).toBe('i82XlKSwwZaeMYgVNS2zVA');
    }
    expect(ALGORITHMS.map((algorithm) => ofSecret(LONG, algorithm))).toEqual([
      'r-Ja0p2zWRSIfD-b89e0dQ',
      'lbjLEJ489aeKT7_JORWz4Q',
      'NQZ9qxs5PNSQQAHdnxGA0g',
    ]);
  });

  it('name keys as earlier versions did', () => {
    expect(ofKey(SECRET, { type: 'totp', algorithm: 'SHA1', period: 30 })).toBe('7mtWbe58swXmSSOV1iCOww');
    expect(ofKey(SECRET, { type: 'hotp', algorithm: 'SHA512', period: 0 })).toBe('hoYwg4aW6jFBJJ4m7znz9Q');
    expect(ofKey(SECRET, { type: 'totp', algorithm: 'SHA256', period: 60 })).toBe('BoMuOthwVvtNxzRtaqDTxA');
  });

  it('name requests and the key itself', () => {
    expect(ofRequest(['x', 1, undefined])).toBe('nedRxNAT9onJFC6fLNHwYQ');
    expect(identity).toBe('r4SrypK7kpVrWZUOgFQPKQ');
  });

  it('make keys for other uses', () => {
    expect(keyFor('picture-links').export().toString('hex')).toBe(
      '130ea7b1e28977783af7aa9d8ae50558f2f8aca3ef36fb3e39bc36badcd1e15c',
    );
    expect(keyFor('another').equals(keyFor('picture-links'))).toBe(false);
  });
});

describe('the name of a secret', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 256 });

  it('is one for all its aliases: what HMAC takes for the same key', () => {
    const zeros = fc.nat({ max: 20 });
    fc.assert(
      fc.property(bytes, fc.constantFrom(...ALGORITHMS), zeros, (secret, algorithm, added) => {
        const block = algorithm === 'SHA512' ? 128 : 64;
        const alias = secret.length > block ? createHash(algorithm).update(secret).digest() : secret;
        const padded = Buffer.concat([alias, Buffer.alloc(Math.min(added, block - alias.length))]);
        expect(ofSecret(padded, algorithm)).toBe(ofSecret(secret, algorithm));
      }),
    );
  });

  it('is one for all algorithms up to 64 bytes, and another for every other secret', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), bytes, (secret, other) => {
        expect(new Set(ALGORITHMS.map((algorithm) => ofSecret(secret, algorithm))).size).toBe(1);
        const stripped = (text: Uint8Array) =>
          Buffer.from(text)
            .toString('hex')
            .replace(/(00)+$/, '');
        fc.pre(stripped(secret) !== stripped(other));
        expect(ofSecret(other, 'SHA1')).not.toBe(ofSecret(secret, 'SHA1'));
      }),
    );
  });

  it('does not change the secret, and differs under another key', () => {
    const secret = Uint8Array.from(SECRET);
    const name = ofSecret(secret, 'SHA1');
    expect(Buffer.from(secret).equals(SECRET)).toBe(true);
    expect(createFingerprints(Buffer.alloc(32, 1)).ofSecret(secret, 'SHA1')).not.toBe(name);
  });

  it('has no type, algorithm, digits or period in it; the former name and the track have', () => {
    const names = (
      [
        ['totp', 'SHA1', 6, 30],
        ['totp', 'SHA256', 8, 60],
        ['hotp', 'SHA512', 6, 0],
      ] as const
    ).map(([type, algorithm, digits, period]) =>
      stateNameOf(fingerprints, SECRET, { type, algorithm, digits, period }, { hasFormer: true }),
    );
    expect(new Set(names.map(({ fingerprint }) => fingerprint))).toEqual(new Set(['zZBC81KXPV5zJhJbN42Wgw']));
    expect(new Set(names.map(({ former }) => former)).size).toBe(3);
    expect(names.map(({ period }) => period)).toEqual([30, 60, 0]);
  });
});
