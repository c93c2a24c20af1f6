/** Secrets: the texts that are read and refused, and new secrets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSecret, generateSecret, groupSecret, parseSecret } from '../../src/otp/secret.ts';
import { secrets } from './arbitraries.ts';
import { fieldsOf, tolerate, violationsOf } from './violations.ts';

const HELLO = Uint8Array.from([...'Hello!'].map((letter) => letter.charCodeAt(0)).concat(0xde, 0xad, 0xbe, 0xef));

describe('parseSecret', () => {
  it.each(['', ' ', '-- --', '==', ' = '])('refuses %j as empty', (text) => {
    expect(violationsOf(() => parseSecret(text))).toEqual([expect.stringContaining('must not be empty')]);
  });

  it.each(['JBSWY3DPEHPK3PX1', 'JBSW=Y3DPEHPK3PXP', 'JBSWY3DP.EHPK3PXP', '0x48656c6c', 'JBSWY3DPEHPK3PXP=======', 'ÄBSWY3DP'])(
    'refuses %j as not base32',
    (text) => expect(violationsOf(() => parseSecret(text))).toEqual([expect.stringContaining('must be base32')]),
  );

  it.each([
    '\u0131',
    '\u00df',
    '\ufb00',
    '\u0410',
    '\u0391',
    '\u00c9',
    '\u2469',
    '\u00b2',
    '\ufdfa',
    '\u2116',
    '+',
    '\uff0b',
    '\ud835',
    '\uff10',
  ])('refuses %j, which is no letter or digit of base32', (letter) => {
    expect(violationsOf(() => parseSecret(`JBSWY3D${letter}`))).toEqual([expect.stringContaining('must be base32')]);
  });

  it.each(['A', 'AAA', 'AAAAAA', 'JBSWY3DPE'])('refuses %j, whose length no secret has', (text) => {
    expect(violationsOf(() => parseSecret(text))).toEqual([expect.stringContaining('is incomplete')]);
  });

  it('refuses more than 256 bytes', () => {
    expect(parseSecret(formatSecret(new Uint8Array(256)))).toHaveLength(256);
    expect(violationsOf(() => parseSecret(formatSecret(new Uint8Array(257))))).toEqual([
      'secret: must be at most 256 bytes once decoded',
    ]);
  });

  it('refuses more than 2048 bytes of text in UTF-8, before it reads them', () => {
    expect(parseSecret('JBSWY3DPEHPK3PXP'.padEnd(2048, ' '))).toEqual(HELLO);
    expect(parseSecret(`${'\u200b'.repeat(677)} JBSWY3DPEHPK3PXP`)).toEqual(HELLO);
    for (const text of [
      'JBSWY3DPEHPK3PXP'.padEnd(2049, ' '),
      '\u200b'.repeat(683),
      'A'.repeat(10_000_000),
      ' '.repeat(10_000_000),
    ]) {
      expect(violationsOf(() => parseSecret(text))).toEqual(['secret: must be at most 2048 bytes of text']);
    }
  });

  it.each([
    'JBSWY3DPEHPK3PXP',
    'jbswy3dpehpk3pxp',
    'JBSW Y3DP EHPK 3PXP',
    'jbsw-y3dp-ehpk-3pxp',
    '\tJBSW\u00a0Y3DP\u2009EHPK\u202f3PXP\r\n',
    'JBSW\u2013Y3DP\u2011EHPK3PXP',
    'JBSWY3DPEHPK3PXP======',
    'JBSWY3DPEHPK3PXP= = =',
    'JB\u017fWY3DPEHP\u212a3PXP',
    '\uff2aBSWY\u0663DPEHPK\uff13PXP\uff1d',
    '\u202aJBSWY3DPEHPK3PXP\u202c',
    'JBSW\u200bY3DP\u2212EHPK\u00ad3PXP\ufeff',
  ])("reads the documentation's own secret from %j", (text) => expect(parseSecret(text)).toEqual(HELLO));

  it('drops the bits after the last byte, as apps do', () => {
    expect(parseSecret('AB')).toEqual(parseSecret('AA'));
    expect(parseSecret('77')).toEqual(Uint8Array.of(0xff));
  });

  it('reads 256 bytes in groups of four with padding', () => {
    const secret = generateSecret(64);
    const long = Uint8Array.from([...secret, ...secret, ...secret, ...secret]);
    expect(parseSecret(`${groupSecret(formatSecret(long))} ===`)).toEqual(long);
  });

  it('reads back every secret that it writes', () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        expect(parseSecret(formatSecret(secret))).toEqual(secret);
      }),
    );
  });

  it('reads any text or refuses it, with no other error and nothing of it in the description', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'ABab27 -=1é') }));
    fc.assert(fc.property(text, (drawn) => tolerate(() => parseSecret(drawn))));
    expect(violationsOf(() => parseSecret('CANARY189')).join()).not.toContain('CANARY');
  });
});

describe('formatSecret', () => {
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('writes %j as in RFC 4648 section 10, without padding', (text, base32) => {
    expect(formatSecret(Buffer.from(text))).toBe(base32);
  });
});

describe('groupSecret', () => {
  it.each([
    ['', ''],
    ['ABCD', 'ABCD'],
    ['ABCDE', 'ABCD E'],
    ['ABCDEFGH', 'ABCD EFGH'],
  ])('groups %j', (secret, grouped) => expect(groupSecret(secret)).toBe(grouped));
});

describe('generateSecret', () => {
  it.each([0, 15, 65, 20.5, Number.NaN, -20])('refuses %d bytes', (size) => {
    expect(fieldsOf(() => generateSecret(size))).toEqual(['secret_size']);
  });

  it.each([16, 20, 64])('makes %d bytes, never the same', (size) => {
    const made = Array.from({ length: 50 }, () => formatSecret(generateSecret(size)));
    expect(new Set(made).size).toBe(50);
    expect(generateSecret(size)).toHaveLength(size);
  });
});
