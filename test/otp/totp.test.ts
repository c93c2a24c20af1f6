/** Time steps: the values of the RFC, the exact times at which a step begins, and windows at the epoch. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hotpCode } from '../../src/otp/hotp.ts';
import { type Algorithm, BOUNDS } from '../../src/otp/params.ts';
import { stepAt, stepStart, window } from '../../src/otp/totp.ts';
import rfc6238 from '../vectors/rfc6238.json' with { type: 'json' };

const END_OF_9999 = 253402300799_999;

describe('RFC 6238 appendix B', () => {
  it('has 18 values', () => expect(rfc6238.values).toHaveLength(18));

  it.each(rfc6238.values)('$algorithm at $seconds s', ({ seconds, algorithm, code }) => {
    const secret = Buffer.from(rfc6238.secrets[algorithm as Algorithm]);
    const parameters = { algorithm: algorithm as Algorithm, digits: rfc6238.digits };
    expect(hotpCode(secret, stepAt(seconds * 1000, rfc6238.period), parameters)).toBe(code);
  });
});

describe('stepAt', () => {
  it.each([
    [0, 30, 0],
    [29_999, 30, 0],
    [30_000, 30, 1],
    [30_000.5, 30, 1],
    [END_OF_9999, 1, 253402300799],
    [END_OF_9999, 3600, 70389527],
  ])('%d ms lie, with a period of %d s, in step %d', (timeMs, period, step) => expect(stepAt(timeMs, period)).toBe(step));

  it('begins a step at stepStart, and not a millisecond before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70389527 }), fc.integer(BOUNDS.period), (step, period) => {
        expect(stepAt(stepStart(step, period), period)).toBe(step);
        expect(stepAt(stepStart(step, period) - 1, period)).toBe(step - 1);
      }),
    );
  });
});

describe('window', () => {
  it('has no steps before the epoch', () => expect(window(2, 10, 1)).toEqual({ first: 0, last: 3 }));

  it('can be a single step', () => expect(window(7, 0, 0)).toEqual({ first: 7, last: 7 }));

  it('reaches to both sides', () => expect(window(100, 1, 2)).toEqual({ first: 99, last: 102 }));
});
