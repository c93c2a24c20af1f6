/** Codes: the RFC's values, what is read as a code, and which counter a code is found at. */
import fc from 'fast-check';
import { createGuardrails, generateSync } from 'otplib';
import { describe, expect, it } from 'vitest';
import { normaliseKey } from '../../src/otp/hmac.ts';
import { findMatch, hotpCode, readCode } from '../../src/otp/hotp.ts';
import { BOUNDS } from '../../src/otp/params.ts';
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
    expect(hotpCode(SECRET, 36, SIX)).toBe('003784'); // By oathtool.
  });

  it('takes 10 bytes, and everything from 1 to 128', () => {
    expect(hotpCode(parseSecret('JBSWY3DPEHPK3PXP'), 1, SIX)).toBe('996554');
    expect(hotpCode(Uint8Array.of(0), 0, SIX)).toHaveLength(6);
    expect(hotpCode(new Uint8Array(128).fill(7), 0, SIX)).toHaveLength(6);
  });

  it('agrees with the whole of otplib, whose parts it is put together from', () => {
    const guardrails = createGuardrails({ MIN_SECRET_BYTES: 1, MAX_SECRET_BYTES: 128 });
    fc.assert(
      fc.property(secrets, counters, parameters, (secret, counter, drawn) => {
        const algorithm = drawn.algorithm.toLowerCase() as 'sha1' | 'sha256' | 'sha512';
        const asked = { strategy: 'hotp', secret, counter, algorithm, digits: drawn.digits as 6 | 7 | 8, guardrails } as const;
        expect(hotpCode(secret, counter, drawn)).toBe(generateSync(asked));
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
    '-12345',
    '12345６',
    '１２３４５６',
    '٠١٢٣٤٥',
    '1e5000',
    '12.456',
    '123,456',
    '+12345',
    '123456\0',
  ])('takes %j for malformed', (text) => expect(readCode(text, 6)).toBeUndefined());

  it.each(['012345', ' 012 345 ', '012-345', '012\u00a0345', '0 1 2 3 4 5', '012\u2013345', '\u2009012\u202f345\n'])(
    'reads %j',
    (text) => {
      expect(readCode(text, 6)).toBe('012345');
    },
  );

  it('gives exactly the digits or nothing, for any text', () => {
    const typed = fc.string({ unit: fc.constantFrom(...'0123456789 -\u00a0', '\u0661', 'x'), maxLength: 12 });
    fc.assert(
      fc.property(typed, fc.integer(BOUNDS.digits), (text, digits) => {
        const code = [...text].filter((character) => !' -\u00a0'.includes(character)).join('');
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

  it('finds the code of every step in the window, whatever the parameters, and no code of a step outside it', () => {
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

/** Two counters with the same code: among a few thousand there are some (the birthday paradox). */
function twins(secret: Uint8Array): [number, number] {
  const seen = new Map<string, number>();
  for (let counter = 0; ; counter++) {
    const code = hotpCode(secret, counter, SIX);
    const earlier = seen.get(code);
    if (earlier !== undefined) return [earlier, counter];
    seen.set(code, counter);
  }
}
