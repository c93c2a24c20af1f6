/** The small parsers and formatters: spans, moments, columns, codes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatInstant, parseRfc3339, parseUnixSeconds } from '../../src/cli/input/time.ts';
import { countdown, groupCode } from '../../src/cli/output/code-view.ts';
import { alignColumns, printable } from '../../src/cli/output/text.ts';
import { parseDuration } from '../../src/config/parsers.ts';

describe('a span', () => {
  it.each(['', '90', 'd', '-1d', '1.5h', '1 d', '1D', '36526d', '99999999999s', '1d2h'])('is not %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('is a number and a unit', () => {
    expect(['0s', '90s', '15m', '24h', '90d', '2w', '36525d'].map(parseDuration)).toEqual([
      0, 90_000, 900_000, 86_400_000, 7_776_000_000, 1_209_600_000, 3_155_760_000_000,
    ]);
  });

  it.each([
    [0, '0 s'],
    [1, '1 s'],
    [59_001, '1 min'],
    [61_000, '61 s'],
    [90_000, '90 s'],
    [90_001, '2 min'],
    [3_600_000, '60 min'],
    [5_400_000, '2 h'],
    [86_400_000, '24 h'],
    [172_800_000, '2 d'],
  ])('of %i ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('never reads shorter than it is', () => {
    const units: Record<string, number> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
    const read = (text: string) => Number(text.split(' ')[0]) * (units[text.split(' ')[1] ?? ''] ?? Number.NaN);
    fc.assert(fc.property(fc.nat(10_000_000_000), (ms) => read(formatDuration(ms)) >= ms));
  });
});

describe('a moment', () => {
  it.each([
    '',
    '2027',
    '2027-1-31',
    '2027-02-30',
    '2027-13-01',
    '2027-01-31T24:30:00Z',
    '2027-01-31T12:00:00',
    '2027-01-31T12:00Z',
    '+2027-01-31',
    'now',
  ])('in RFC 3339 is not %j', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });

  it('in RFC 3339 survives a round trip', () => {
    const seconds = fc.integer({ min: 0, max: 253_402_300_799 });
    fc.assert(fc.property(seconds, (s) => parseRfc3339(formatInstant(s * 1000)) === s * 1000));
  });

  it('in RFC 3339 may have another offset, a fraction, and small letters', () => {
    expect(parseRfc3339('2027-01-31t12:00:00.250+01:00')).toBe(Date.UTC(2027, 0, 31, 11, 0, 0, 250));
    expect(parseRfc3339('2028-02-29')).toBe(Date.UTC(2028, 1, 29));
  });

  it('in Unix seconds is not ms, not negative, not hexadecimal', () => {
    expect(['1790000000000', '253402300800', '-1', '0x10', '1e9', ''].map(parseUnixSeconds)).toEqual(Array(6).fill(undefined));
    expect(['0', '1.5', '253402300799'].map(parseUnixSeconds)).toEqual([0, 1500, 253_402_300_799_000]);
  });
});

describe('what is shown', () => {
  it('groups codes in two', () => {
    expect(['123456', '1234567', '12345678'].map(groupCode)).toEqual(['123 456', '123 4567', '1234 5678']);
  });

  it('has a bar of one width, full at the start and empty at the end, for any time left', () => {
    const left = fc.double({ min: -5000, max: 40_000, noNaN: true });
    fc.assert(fc.property(left, (ms) => /^[█░]{20} \d+ s( !)?$/.test(countdown({ env: {} }, ms, 30))));
    const bars = (env: Record<string, string>) => [countdown({ env }, 30_000, 30), countdown({ env }, 0, 30)];
    expect(bars({})).toEqual([`${'█'.repeat(20)} 30 s`, `${'░'.repeat(20)} 0 s !`]);
    expect(bars({ LC_ALL: 'C' })).toEqual([`${'#'.repeat(20)} 30 s`, `${'.'.repeat(20)} 0 s !`]);
  });

  it('has columns below each other, by characters and not by UTF-16 units', () => {
    expect(
      alignColumns([
        ['a', 'b'],
        ['𝛼𝛽𝛾', 'c'],
      ]),
    ).toEqual(['a    b', '𝛼𝛽𝛾  c']);
  });

  it('has no character that a terminal or a reader would obey', () => {
    const texts = fc.array(fc.nat(0x10ffff)).map((points) => String.fromCodePoint(...points));
    fc.assert(fc.property(texts, (text) => !/[\p{Cc}\p{Cf}]/u.test(printable(text))));
    expect(printable('a\x1b[2J\u202eb')).toBe('a\ufffd[2J\ufffdb');
  });
});
