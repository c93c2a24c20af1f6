/** Recovery codes: how they are drawn, written and read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CodeLength, drawCodes, formatCode, readRecoveryCode } from '../../src/recovery/codes.ts';

const CODE = '0123456789ABCDEF';

describe('the codes of a set', () => {
  it.each<[number, CodeLength]>([
    [1, 16],
    [10, 16],
    [20, 24],
  ])('are %i of %i symbols, no two alike', (count, length) => {
    const codes = drawCodes(count, length);
    expect(new Set(codes).size).toBe(count);
    for (const code of codes) expect(code).toMatch(new RegExp(`^[0-9A-HJKMNP-TV-Z]{${length}}$`));
  });

  it('have each symbol in each place, about as often', () => {
    const codes = Array.from({ length: 1600 }, () => drawCodes(2, 16)).flat();
    for (let place = 0; place < 16; place += 1) {
      const counts = new Map<string, number>();
      for (const code of codes) counts.set(code.charAt(place), (counts.get(code.charAt(place)) ?? 0) + 1);
      expect(counts.size).toBe(32);
      // 100 of each symbol are expected, with a standard deviation of 10.
      for (const count of counts.values()) expect(count).toBeGreaterThan(40);
      for (const count of counts.values()) expect(count).toBeLessThan(160);
    }
  });

  it('are written in groups of four', () => {
    expect(formatCode(CODE)).toBe('0123-4567-89AB-CDEF');
    expect(formatCode('ABCDEFGHJKMNPQRSTVWXYZ01')).toBe('ABCD-EFGH-JKMN-PQRS-TVWX-YZ01');
  });

  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.constantFrom<CodeLength>(16, 24), (length) => {
        for (const code of drawCodes(5, length)) expect(readRecoveryCode(formatCode(code), length)).toBe(code);
      }),
    );
  });
});

describe('reading', () => {
  it.each([
    ['groups with dashes', '0123-4567-89AB-CDEF'],
    ['lower case', '0123456789abcdef'],
    ['O and o for 0, I, i, L and l for 1', 'OI23456789ABCDEF'],
    ['small letters for digits', 'ol23456789abcdef'],
    ['the other letters for 1', 'oi23456789abcdef'],
    ['L for 1', 'OL23456789ABCDEF'],
    ['spaces and line breaks', ' 0123 4567\t89AB\r\nCDEF '],
    ['other dashes and invisible characters', '0123\u20114567\u200b89AB\u2060CDEF\ufeff'],
    ['wide characters', '０１２３４５６７８９ＡＢＣＤＥＦ'],
    ['digits of another script', '٠١٢٣٤٥٦٧٨٩ABCDEF'],
  ])('takes %s', (_, text) => {
    expect(readRecoveryCode(text, 16)).toBe(CODE);
  });

  it.each([
    ['nothing', ''],
    ['separators alone', '---- ----'],
    ['U, which no code has', '0123456789ABCDEU'],
    ['u', '0123456789abcdeu'],
    ['a code that is one symbol short', CODE.slice(1)],
    ['one symbol more', `${CODE}0`],
    ['a code of the other length', `${CODE}01234567`],
    ['a comma', '0123,456789ABCDE'],
    ['an equals sign', '0123456789ABCDE='],
    ['a null', '0123456789ABCDE\0'],
    ['the Turkish dotless i, whose upper case is I', '0ı23456789ABCDEF'],
    ['the sharp s, whose upper case is two letters', '0123456789ABCDß'],
    ['a ligature, whose upper case is two letters', '0123456789ABCDEﬀ'],
    ['a Cyrillic letter that looks like A', '0123456789\u0410BCDEF'],
    ['a superscript digit', '012345678⁹ABCDEF'],
    ['half a surrogate pair', '0123456789ABCDE\ud800'],
    ['the name of a property of every object', 'constructor'],
  ])('refuses %s', (_, text) => {
    expect(readRecoveryCode(text, 16)).toBeUndefined();
  });

  it('never reads a text as two codes, and returns symbols of a code or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        const code = readRecoveryCode(text, 16);
        expect(code ?? CODE).toMatch(/^[0-9A-HJKMNP-TV-Z]{16}$/);
      }),
      { numRuns: 500 },
    );
  });
});
