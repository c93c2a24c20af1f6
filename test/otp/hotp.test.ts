/** Codes: the values of the RFC, the texts that are read as codes, and the counter of a code. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseKey } from '../../src/otp/hmac.ts';
import { findMatch, hotpCode, readCode } from '../../src/otp/hotp.ts';
import { type Algorithm, BOUNDS } from '../../src/otp/params.ts';
import { parseSecret } from '../../src/otp/secret.ts';
import { stepAt, window } from '../../src/otp/totp.ts';
import rfc4226 from '../vectors/rfc4226.json' with { type: 'json' };
import { algorithms, counters, parameters, secrets } from './arbitraries.ts';
import { fieldsOf } from './violations.ts';

const SIX = { algorithm: 'SHA1', digits: 6 } as const;
const SECRET: Uint8Array = Buffer.from(rfc4226.secret);

describe('hotpCode', () => {
  it.each([-1, 2 ** 53, 1.5, Number.NaN])('refuses counter %d', (counter) => {
    expect(fieldsOf(() => hotpCode(SECRET, counter, SIX))).toEqual(['counter']);
  });

  it.each(rfc4226.values)('gives the value of RFC 4226 appendix D for counter $counter', ({ counter, code }) => {
    expect(hotpCode(SECRET, counter, SIX)).toBe(code);
  });

  it('keeps leading zeros', () => {
    expect(hotpCode(SECRET, 7, { algorithm: 'SHA1', digits: 8 })).toBe('82162583');
    expect(hotpCode(SECRET, 36, SIX)).toBe('003784'); // Computed by oathtool.
  });

  it('takes 10 bytes, and everything from 1 to 256', () => {
    expect(hotpCode(parseSecret('JBSWY3DPEHPK3PXP'), 1, SIX)).toBe('996554');
    for (const length of [1, 128, 129, 256]) {
      const secret = new Uint8Array(length).fill(7);
      for (const algorithm of ['SHA1', 'SHA256', 'SHA512'] as const) {
        expect(hotpCode(secret, 0, { algorithm, digits: 6 })).toBe(byTheBook(secret, 0, algorithm, 6));
      }
    }
  });

  it.each([0, 257])('refuses %i bytes', (length) =>
    expect(() => hotpCode(new Uint8Array(length), 0, SIX)).toThrow(/^Secret must/),
  );

  it('agrees with the text of RFC 4226, for any key and counter', () => {
    fc.assert(
      fc.property(secrets, counters, parameters, (secret, counter, { algorithm, digits }) => {
        expect(hotpCode(secret, counter, { algorithm, digits })).toBe(byTheBook(secret, counter, algorithm, digits));
      }),
    );
  });

  it('gives the same codes for the aliases of a key', () => {
    fc.assert(
      fc.property(secrets, counters, parameters, (secret, counter, drawn) => {
        expect(hotpCode(normaliseKey(secret, drawn.algorithm), counter, drawn)).toBe(hotpCode(secret, counter, drawn));
      }),
    );
  });
});

describe('readCode', () => {
  it.each([
    '',
    '12345',
    '1234567',
    '12345a',
    '1e5000',
    '12.456',
    '123,456',
    '+12345',
    '123456\0',
    '123456=',
    '\u2469\u2469\u2469',
    '\u00b9\u00b2\u00b3\u2074\u2075\u2076',
    '\u2460\u2461\u2462\u2463\u2464\u2465',
    '1\ufe0f\u20e323456',
    '\uff0b012345',
    '-12345',
    '12345\ud835',
    '12345\ud835\u200b\udfd8',
  ])('takes %j for malformed', (text) => expect(readCode(text, 6)).toBeUndefined());

  it.each([
    '012345',
    ' 012 345 ',
    '012-345',
    '012\u00a0345',
    '0 1 2 3 4 5',
    '012\u2013345',
    '\u2009012\u202f345\n',
    '\uff10\uff11\uff12\uff13\uff14\uff15',
    '\u0660\u0661\u0662\u0663\u0664\u0665',
    '\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5',
    '\u0966\u0967\u0968 \u0969\u096a\u096b',
    '\u{1d7ec}\u{1d7ed}\u{1d7ee}\u{1d7ef}\u{1d7f0}\u{1d7f1}',
    '0\uff11\u0662\u0969\u{1d7d2}5',
    '\u200e012345',
    '012\u200b345',
    '012\u2212345',
    '\ufeff\u2068012\u00ad345\u2069',
    '012\u30a0345',
  ])('reads %j', (text) => {
    expect(readCode(text, 6)).toBe('012345');
  });

  it('returns exactly the digits or nothing, for any text', () => {
    const typed = fc.string({ unit: fc.constantFrom(...'0123456789 -\u00a0', '\u0661', '\u200b', 'x'), maxLength: 12 });
    fc.assert(
      fc.property(typed, fc.integer(BOUNDS.digits), (text, digits) => {
        const code = [...text.replaceAll('\u0661', '1')].filter((character) => !' -\u00a0\u200b'.includes(character)).join('');
        const right = code.length === digits && [...code].every((character) => '0123456789'.includes(character));
        expect(readCode(text, digits)).toBe(right ? code : undefined);
      }),
    );
  });
});

describe('findMatch', () => {
  it('finds nothing for a code before the window, after it, or of another length', () => {
    const code = hotpCode(SECRET, 5, SIX);
    expect(findMatch(SECRET, code, 6, 9, SIX)).toBeUndefined();
    expect(findMatch(SECRET, code, 0, 4, SIX)).toBeUndefined();
    expect(findMatch(SECRET, code, 6, 4, SIX)).toBeUndefined();
    expect(findMatch(SECRET, code, 0, 9, { algorithm: 'SHA1', digits: 8 })).toBeUndefined();
    expect(findMatch(SECRET, '', 0, 9, SIX)).toBeUndefined();
    expect(findMatch(SECRET, '日本', 0, 9, SIX)).toBeUndefined();
  });

  it('finds both ends of the window', () => {
    expect(findMatch(SECRET, hotpCode(SECRET, 5, SIX), 5, 9, SIX)).toBe(5);
    expect(findMatch(SECRET, hotpCode(SECRET, 9, SIX), 5, 9, SIX)).toBe(9);
  });

  it('refuses a window that begins before zero', () => {
    expect(fieldsOf(() => findMatch(SECRET, '123456', -1, 5, SIX))).toEqual(['counter']);
  });

  it('stops at the last counter there is', () => {
    const last = BOUNDS.counter.max;
    expect(findMatch(SECRET, hotpCode(SECRET, last, SIX), last, last + 100, SIX)).toBe(last);
  });

  it('picks the latest of two counters with the same code', () => {
    const [first, last] = twins(SECRET);
    expect(findMatch(SECRET, hotpCode(SECRET, first, SIX), first, last, SIX)).toBe(last);
    expect(findMatch(SECRET, hotpCode(SECRET, first, SIX), first, last - 1, SIX)).toBe(first);
  });

  it('finds the code of every step in the window, for any parameters, and no code of a step outside it', () => {
    const drift = fc.integer({ min: -13, max: 13 });
    const sides = fc.integer(BOUNDS.window);
    fc.assert(
      fc.property(
        secrets,
        parameters,
        fc.nat(253402300799_000),
        drift,
        sides,
        sides,
        (secret, drawn, timeMs, offset, past, future) => {
          const step = stepAt(timeMs, drawn.period === 0 ? 30 : drawn.period);
          fc.pre(step + offset >= 0);
          const { first, last } = window(step, past, future);
          const code = hotpCode(secret, step + offset, drawn);
          const inside = offset >= -past && offset <= future;
          const codes = Array.from({ length: last - first + 1 }, (_, i) => hotpCode(secret, first + i, drawn));
          const latest = codes.lastIndexOf(code);
          expect(findMatch(secret, code, first, last, drawn)).toBe(latest < 0 ? undefined : first + latest);
          if (inside) expect(latest).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('depends on algorithm, digits and secret', () => {
    fc.assert(
      fc.property(algorithms, (algorithm) => {
        const code = hotpCode(SECRET, 3, { algorithm, digits: 8 });
        const found = (['SHA1', 'SHA256', 'SHA512'] as const).filter(
          (other) => findMatch(SECRET, code, 0, 9, { algorithm: other, digits: 8 }) !== undefined,
        );
        expect(found).toEqual([algorithm]);
      }),
    );
  });
});

/** Computes a code step by step (RFC 4226 section 5.3). */
function byTheBook(secret: Uint8Array, counter: number, algorithm: Algorithm, digits: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac(algorithm, secret).update(message).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}

/** Returns two counters with the same code. A few thousand counters contain such a pair (birthday paradox). */
function twins(secret: Uint8Array): [number, number] {
  const seen = new Map<string, number>();
  for (let counter = 0; ; counter++) {
    const code = hotpCode(secret, counter, SIX);
    const earlier = seen.get(code);
    if (earlier !== undefined) return [earlier, counter];
    seen.set(code, counter);
  }
}
