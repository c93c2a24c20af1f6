/** Parameters: defaults, bounds, and every violation at once. */
import { describe, expect, it } from 'vitest';
import { checkCounter, completeParameters } from '../../src/otp/params.ts';
import { fieldsOf, violationsOf } from './violations.ts';

describe('completeParameters', () => {
  it('names every violation at once', () => {
    expect(violationsOf(() => completeParameters({ digits: 9, period: 86_401 }))).toEqual([
      'digits: must be a whole number from 6 to 8',
      'period_seconds: must be a whole number from 1 to 86400',
    ]);
    expect(fieldsOf(() => completeParameters({ type: 'hotp', digits: 5, period: 30 }))).toEqual(['digits', 'period_seconds']);
  });

  it.each([5, 9, 6.5, 0, -6, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d digits', (digits) => {
    expect(fieldsOf(() => completeParameters({ digits }))).toEqual(['digits']);
  });

  it.each([0, 86_401, 29.5, -30, Number.NaN])('refuses a period of %d s', (period) => {
    expect(fieldsOf(() => completeParameters({ period }))).toEqual(['period_seconds']);
  });

  it('accepts the bounds themselves', () => {
    expect(completeParameters({ digits: 6, period: 1 })).toMatchObject({ digits: 6, period: 1 });
    expect(completeParameters({ digits: 8, period: 86_400 })).toMatchObject({ digits: 8, period: 86_400 });
  });

  it('fills in the defaults of RFC 6238 and of the apps', () => {
    expect(completeParameters({})).toEqual({ type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 });
    expect(completeParameters({ type: 'hotp' })).toEqual({ type: 'hotp', algorithm: 'SHA1', digits: 6, period: 0 });
  });

  it('keeps complete parameters as they are', () => {
    const hotp = { type: 'hotp', algorithm: 'SHA512', digits: 7, period: 0 } as const;
    expect(completeParameters(hotp)).toEqual(hotp);
  });
});

describe('checkCounter', () => {
  it.each([-1, 0.5, 2 ** 53, Number.NaN])('refuses %d', (counter) => {
    expect(fieldsOf(() => checkCounter(counter))).toEqual(['counter']);
  });

  it('accepts 0 and 2^53 - 1', () => {
    expect(checkCounter(0)).toBeUndefined();
    expect(checkCounter(2 ** 53 - 1)).toBeUndefined();
  });
});
