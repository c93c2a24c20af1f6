/** The content of a sealed key: every key survives a round trip, and nothing else is read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUNDS } from '../../src/otp/params.ts';
import { readKeyPayload, type SealedKeyContents, writeKeyPayload } from '../../src/sealing/key-payload.ts';
import { MAX_PAYLOAD_BYTES, SealedBlobError } from '../../src/sealing/sealing.ts';

const LAST_TIME = 253_402_300_799;

const nameOf = (most: number) =>
  fc
    .string({ unit: 'binary', maxLength: most / 4 })
    .map((text) => text.toWellFormed())
    .filter((text) => Buffer.byteLength(text) <= most);
const common = {
  secret: fc.uint8Array({ minLength: 1, maxLength: 256 }),
  issuer: nameOf(128),
  accountName: nameOf(256),
  createTime: fc.integer({ min: 0, max: LAST_TIME }),
  pendingUntil: fc.option(fc.integer({ min: 1, max: LAST_TIME }), { nil: undefined }),
};
const both = { algorithm: fc.constantFrom('SHA1', 'SHA256', 'SHA512'), digits: fc.integer(BOUNDS.digits) } as const;
const keys: fc.Arbitrary<SealedKeyContents> = fc.oneof(
  fc.record({
    ...common,
    parameters: fc.record({ ...both, type: fc.constant('totp' as const), period: fc.integer(BOUNDS.period) }),
    counter: fc.constant(undefined),
  }),
  fc.record({
    ...common,
    parameters: fc.record({ ...both, type: fc.constant('hotp' as const), period: fc.constant(0) }),
    counter: fc.integer(BOUNDS.counter),
  }),
);

it('every key survives a round trip, and fits', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const payload = writeKeyPayload(key);
      expect(payload.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
      const { secret, ...rest } = readKeyPayload(payload);
      expect({ ...rest, secret: Buffer.from(secret) }).toEqual({ ...key, secret: Buffer.from(key.secret) });
    }),
  );
});

it('the secret is a part of the content, so that zeroing that zeroes both', () => {
  const payload = Buffer.from('0a141234567890123456789012345678901234567890100118012006281e', 'hex');
  const { secret } = readKeyPayload(payload);
  payload.fill(0);
  expect(Buffer.from(secret)).toEqual(Buffer.alloc(20));
});

it('any payload is read as it is written, or refused', () => {
  const refused = (payload: Uint8Array): boolean => {
    try {
      const { secret, ...rest } = readKeyPayload(payload);
      const again = readKeyPayload(writeKeyPayload({ ...rest, secret }));
      expect({ ...again, secret: Buffer.from(again.secret) }).toEqual({ ...rest, secret: Buffer.from(secret) });
      return false;
    } catch (error) {
      if (!(error instanceof SealedBlobError)) throw error;
      expect(error.reason).toBe('sealed_key_invalid');
      return true;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void refused(bytes)));
  fc.assert(
    fc.property(
      keys,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      (key, at, by, more) => {
        const payload = writeKeyPayload(key);
        const changed = Uint8Array.from(payload);
        changed[at % payload.length] = (changed[at % payload.length] ?? 0) ^ by;
        refused(changed);
        refused(Buffer.concat([payload, more]));
      },
    ),
  );
});

describe('it is refused', () => {
  const SECRET = '0a03616263';
  const TOTP = '10011801';
  const REST = '2006281e';
  const HOTP = `${SECRET}100218012006`;
  const named = (field: string, bytes: string) => `${SECRET}${TOTP}${REST}${field}${bytes}`;

  it.each([
    ['that is empty', ''],
    ['without a secret', `${TOTP}${REST}`],
    ['with an empty secret', `0a00${TOTP}${REST}`],
    ['with a secret of 257 bytes', `0a8102${'61'.repeat(257)}${TOTP}${REST}`],
    ['with a secret that goes beyond the end', '0a7f616263'],
    ['without a type', `${SECRET}1801${REST}`],
    ['of type 0', `${SECRET}10001801${REST}`],
    ['of type 3', `${SECRET}10031801${REST}`],
    ['without an algorithm', `${SECRET}1001${REST}`],
    ['of algorithm 4', `${SECRET}10011804${REST}`],
    ['without digits', `${SECRET}${TOTP}281e`],
    ['of 5 digits', `${SECRET}${TOTP}2005281e`],
    ['of 9 digits', `${SECRET}${TOTP}2009281e`],
    ['of TOTP without a period', `${SECRET}${TOTP}2006`],
    ['with a period of 0', `${SECRET}${TOTP}20062800`],
    ['with a period of 86,401 s', `${SECRET}${TOTP}20062881a305`],
    ['of TOTP with a counter', `${SECRET}${TOTP}${REST}3000`],
    ['of HOTP without a counter', HOTP],
    ['of HOTP with a period', `${HOTP}28013000`],
    ['with a counter of 2^53', `${HOTP}308080808080808010`],
    ['with a number of more than 64 bits', `${HOTP}30ffffffffffffffffffff01`],
    ['with a number in more bytes than it takes', `${HOTP}308000`],
    ['with a number that is cut off', `${HOTP}3080`],
    ['with a tag that is cut off', `${HOTP}300080`],
    ['with a field twice', `${SECRET}${SECRET}${TOTP}${REST}`],
    ['with a number twice', `${SECRET}${TOTP}20062006281e`],
    ['with an issuer without a length', `${SECRET}${TOTP}${REST}3a`],
    ['with an issuer that is a number', named('38', '01')],
    ['with a secret that is a number', `0801${TOTP}${REST}`],
    ['with digits of 64 bits', `${SECRET}${TOTP}210600000000000000281e`],
    ['with field 0', named('00', '01')],
    ['with an unknown number', named('58', '01')],
    ['with unknown bytes', named('5a', '0161')],
    ['with an unknown field far away', named('f8ffffff0f', '01')],
    ['with an issuer that is no UTF-8', named('3a', '01ff')],
    ['with an account name that goes beyond the end', named('42', '7f6162')],
    ['with an account name that is cut off in a letter', named('42', '02e6a0')],
    ['with an issuer of 129 bytes', named('3a', `8101${'61'.repeat(129)}`)],
    ['with an account name of 257 bytes', named('42', `8102${'61'.repeat(257)}`)],
    ['made after the year 9999', named('48', '8083d1ffaf07')],
    ['pending after the year 9999', named('50', '8083d1ffaf07')],
    ['with bytes after its end', `${SECRET}${TOTP}${REST}00`],
  ])('%s', (_, hex) => {
    expect(() => readKeyPayload(Buffer.from(hex, 'hex'))).toThrow(SealedBlobError);
  });

  it('but for that it is read', () => {
    expect(readKeyPayload(Buffer.from(`${SECRET}${TOTP}${REST}`, 'hex')).parameters.period).toBe(30);
    expect(readKeyPayload(Buffer.from(`${HOTP}30ffffffffffffff0f`, 'hex')).counter).toBe(Number.MAX_SAFE_INTEGER);
    expect(readKeyPayload(Buffer.from(named('48', 'ff82d1ffaf07'), 'hex')).createTime).toBe(LAST_TIME);
  });

  it('when a name is too long to be written', () => {
    const key = readKeyPayload(Buffer.from(`${SECRET}${TOTP}${REST}`, 'hex'));
    expect(() => writeKeyPayload({ ...key, issuer: 'ü'.repeat(65) })).toThrow('issuer: must be at most 128 bytes in UTF-8');
    expect(() => writeKeyPayload({ ...key, accountName: 'a'.repeat(257) })).toThrow('account_name: must be at most 256 bytes');
  });
});
