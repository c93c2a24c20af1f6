/** A code and a key in every accepted spelling: a code that is used in one spelling is used in all. */
import { createHash } from 'node:crypto';
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VerifyStatusSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startServer({ clock: () => 59_000 });
  client = createTestClient(server.address, server.apiKey);
});
afterAll(async () => {
  client.close();
  await server.close();
});

async function verify(key: JsonValue, code: string): Promise<string> {
  const { response, details } = await client.call(methods.verify, fromJson(methods.verify.input, { key, code }));
  return response === undefined ? details.violations.join() : (VerifyStatusSchema.value[response.status]?.localName ?? '');
}

/** Returns the same text in full-width characters: each ASCII character is shifted to another block of Unicode. */
const full = (text: string) => text.replace(/[!-~]/g, (mark) => String.fromCharCode(mark.charCodeAt(0) + 0xfee0));
const digitsFrom = (zero: number) => (text: string) =>
  text.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)));
const between = (separator: string) => (text: string) => [...text].join(separator);

/** Spellings of digits and base32. */
const COMMON: Readonly<Record<string, (text: string) => string>> = {
  'with spaces': between(' '),
  'with dashes': between('-'),
  'in groups': (text) => `${text.slice(0, 3)} ${text.slice(3)}`,
  'with spaces around': (text) => `\t ${text}\r\n`,
  'with no-break spaces': between('\u00a0'),
  'with ideographic spaces': between('\u3000'),
  'with minus signs': between('\u2212'),
  'with en dashes': between('\u2013'),
  'with non-breaking hyphens': between('\u2011'),
  'with soft hyphens': between('\u00ad'),
  'with zero-width spaces': between('\u200b'),
  'with zero-width joiners': between('\u200d'),
  'with word joiners': between('\u2060'),
  'with variation selectors': between('\ufe0f'),
  'after a byte order mark': (text) => `\ufeff${text}`,
  'after a left-to-right mark': (text) => `\u200e${text}`,
  'in a right-to-left embedding': (text) => `\u202b${text}\u202c`,
  'in an isolate': (text) => `\u2068${text}\u2069`,
  'with tag characters': between('\u{e0041}'),
  'with hangul fillers': between('\u3164'),
  'in full width': full,
  'in Arabic-Indic digits': digitsFrom(0x660),
  'in extended Arabic-Indic digits': digitsFrom(0x6f0),
  'in Devanagari digits': digitsFrom(0x966),
  'in Khmer digits': digitsFrom(0x17e0),
  'in bold digits': digitsFrom(0x1d7ce),
  'in double-struck digits': digitsFrom(0x1d7d8),
  'in full width, with spaces': (text) => between(' ')(full(text)),
};

/** Spellings of base32 only. */
const LETTERS: Readonly<Record<string, (text: string) => string>> = {
  'in lower case': (text) => text.toLowerCase(),
  'in mixed case': (text) => text.replace(/[A-Z]{2}/g, (pair) => pair.charAt(0) + pair.charAt(1).toLowerCase()),
  'with padding': (text) => `${text}======`,
  'with padding, separated': (text) => `${text} = = =`,
  'with padding in full width': (text) => `${text}\uff1d\uff1d`,
  'in small full width': (text) => full(text.toLowerCase()),
  'with Kelvin signs and long s': (text) => text.replaceAll('K', '\u212a').replaceAll('S', '\u017f'),
  'in circled letters': (text) => text.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x2475)),
  'in bold letters': (text) => text.replace(/[A-Z]/g, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0x1d3bf)),
  'with superscript letters': (text) => text.toLowerCase().replaceAll('d', '\u1d48'),
};

/** 11 bytes in 18 letters: two bits of the last letter belong to no byte. */
const BYTES = Uint8Array.of(...Buffer.from('Kisses4D+32'));
const SECRET = formatSecret(BYTES);
const STEP = 1;

describe('a TOTP', () => {
  const code = hotpCode(BYTES, STEP, { algorithm: 'SHA1', digits: 6 });
  const uri = (secret: string, more = '', label = 'ACME:alice') => ({ uri: `otpauth://totp/${label}?secret=${secret}${more}` });
  const leftover = [1, 2, 3].map((bits) => SECRET.slice(0, -1) + nextLetter(SECRET.slice(-1), bits));

  beforeAll(async () => {
    expect(SECRET).toHaveLength(18);
    expect(await verify({ secret: SECRET }, code)).toBe('ACCEPTED');
  });

  test.each(Object.entries(COMMON))('its code %s', async (_, spell) => {
    expect(await verify({ secret: SECRET }, spell(code))).toBe('REPLAYED');
  });

  test.each(Object.entries({ ...COMMON, ...LETTERS }))('its secret %s, bare and in a URI', async (_, spell) => {
    expect(await verify({ secret: spell(SECRET) }, code)).toBe('REPLAYED');
    expect(await verify(uri(encodeURIComponent(spell(SECRET))), code)).toBe('REPLAYED');
  });

  test.each(leftover)('its secret with other bits after the last byte: %s', async (secret) => {
    expect(secret).not.toBe(SECRET);
    expect(await verify({ secret }, code)).toBe('REPLAYED');
    expect(await verify(uri(secret), code)).toBe('REPLAYED');
  });

  test.each([1, 2, 20, 53])('its secret with %i zero bytes, which HMAC appends too', async (zeros) => {
    const secret = formatSecret(Uint8Array.of(...BYTES, ...new Uint8Array(zeros)));
    expect(await verify({ secret }, code)).toBe('REPLAYED');
    expect(await verify(uri(secret.toLowerCase()), code)).toBe('REPLAYED');
  });

  test.each([
    ['with nothing else', uri(SECRET)],
    ['with pluses', uri(SECRET.replace(/.{4}/g, '$&+'))],
    ['with escapes where none are needed', uri(SECRET.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`))],
    ['with all defaults', uri(SECRET, '&algorithm=SHA1&digits=6&period=30&issuer=ACME')],
    ['with the algorithm in other words', uri(SECRET, '&algorithm=HmacSHA-1')],
    ['with parameters that mean nothing', uri(SECRET, '&counter=7&image=x&lock')],
    ['with other names', uri(SECRET, '&issuer=Other', '%%:x:y')],
    ['without names', { uri: `otpauth://totp?secret=${SECRET}` }],
    ['in capitals', { uri: `OTPAUTH://TOTP/A?SECRET=${SECRET}` }],
    ['with marks around it', { uri: `\u202a\ufeffotpauth://totp/a?secret=${SECRET}\u202c\n` }],
    [
      'with the fields repeated',
      { ...uri(SECRET), type: 'OTP_TYPE_TOTP', algorithm: 'ALGORITHM_SHA1', digits: 6, periodSeconds: 30 },
    ],
    ['as fields', { secret: SECRET, type: 'OTP_TYPE_TOTP', algorithm: 'ALGORITHM_SHA1', digits: 6, periodSeconds: 30 }],
  ])('its URI %s', async (_, key) => expect(await verify(key, code)).toBe('REPLAYED'));
});

describe('a HOTP', () => {
  const secret = formatSecret(Buffer.from('a counter of its own'));
  const code = hotpCode(Buffer.from('a counter of its own'), 5, { algorithm: 'SHA256', digits: 8 });
  const given = { secret, type: 'OTP_TYPE_HOTP', algorithm: 'ALGORITHM_SHA256', digits: 8, counter: '5' };
  const uri = `otpauth://hotp/%:a:b?secret=${secret.toLowerCase()}&algorithm=SHA256&digits=8`;

  beforeAll(async () => expect(await verify(given, code)).toBe('ACCEPTED'));

  test.each<[string, JsonValue]>([
    ['counter', { uri: `${uri}&counter=5` }],
    ['counter in the field', { uri, counter: '5' }],
    ['counter instead of another', { uri: `${uri}&counter=6`, counter: '5' }],
    ['counter instead of a malformed one', { uri: `${uri}&counter=x`, counter: '5' }],
    ['earlier counter', { uri, counter: '0' }],
  ])('its URI with the %s', async (_, key) => {
    expect(await verify(key, code)).toBe('REPLAYED');
    expect(await verify(key, full(between(' ')(code)))).toBe('REPLAYED');
  });
});

test('a key longer than the block of its hash, and the hash of it', async () => {
  const long = Uint8Array.from({ length: 200 }, (_, i) => i);
  const code = hotpCode(long, STEP, { algorithm: 'SHA1', digits: 6 });
  expect(await verify({ secret: formatSecret(long) }, code)).toBe('ACCEPTED');
  const alias = createHash('sha1').update(long).digest();
  for (const bytes of [long, alias, Buffer.concat([alias, Buffer.alloc(44)])]) {
    expect(await verify({ secret: between('\u2060')(full(formatSecret(bytes))) }, full(code))).toBe('REPLAYED');
  }
});

function nextLetter(letter: string, by: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return alphabet.charAt(alphabet.indexOf(letter) + by);
}
