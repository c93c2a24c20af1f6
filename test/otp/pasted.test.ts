/** Pasted text: the rule for a single code point, over all of Unicode, and the bound on the work. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPasted, trimInvisible } from '../../src/otp/pasted.ts';
import { processorMs } from '../support/running-time.ts';

const ALL: readonly string[] = Array.from({ length: 0x110000 }, (_, i) => i)
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));
const NOT_ASCII = ALL.slice(128);

describe('readPasted', () => {
  it('refuses what has no meaning, alone and among what has', () => {
    for (const character of [
      '\u2469',
      '\u2116',
      '\u2167',
      '\u00b2',
      '\u2460',
      '\ufb00',
      '\u00df',
      '\u0131',
      '\u0410',
      '\u20e3',
      '\ufdfa',
    ]) {
      expect(readPasted(character)).toBeUndefined();
      expect(readPasted(`AB${character}CD`)).toBeUndefined();
    }
  });

  it('never reads one character as several, nor as anything but an ASCII letter, digit or =', () => {
    const read = NOT_ASCII.map((character) => readPasted(character)).filter((text) => text !== undefined);
    expect(read.filter((text) => !/^[A-Za-z0-9=]?$/.test(text))).toEqual([]);
    expect(read.length).toBeGreaterThan(1500);
  });

  it('reads a character independently of its neighbours', () => {
    const unit = fc.oneof(
      fc.constantFrom(...'AZ2=-', '\u0301', '\u2469', '\u0661', '\uff21', '\u200b', '\ufe0f', '\ud835'),
      fc.nat(0x10ffff).map((point) => String.fromCodePoint(point)),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 20 }), (characters) => {
        const text = characters.join('');
        const each = [...text].map((character) => readPasted(character));
        expect(readPasted(text)).toBe(each.includes(undefined) ? undefined : each.join(''));
      }),
    );
  });

  it('does not change ASCII, except for spaces and dashes', () => {
    for (const character of ALL.slice(0, 128)) {
      expect(readPasted(character)).toBe('\t\n\v\f\r -'.includes(character) ? '' : character);
      expect(readPasted(`${character}\u200b`)).toBe(readPasted(character));
    }
  });

  it("knows the digits of every numbering system of the platform's own data", () => {
    let systems = 0;
    for (const system of Intl.supportedValuesOf('numberingSystem')) {
      const format = new Intl.NumberFormat(`en-u-nu-${system}`, { useGrouping: false });
      const digits = Array.from({ length: 10 }, (_, value) => format.format(value));
      if (!digits.every((digit) => /^\p{Nd}$/u.test(digit))) continue; // Chinese numerals are not decimal digits.
      systems += 1;
      expect(digits.map((digit) => readPasted(digit)).join(''), system).toBe('0123456789');
    }
    expect(systems).toBeGreaterThan(50);
  });

  it('reads all decimal digits, each run from 0 on', () => {
    const digits = ALL.filter((character) => /^\p{Nd}$/u.test(character));
    expect(digits.length % 10).toBe(0);
    expect(digits.map((digit) => readPasted(digit)).join('')).toBe('0123456789'.repeat(digits.length / 10));
  });

  it('drops every dash, space and invisible character, and nothing else', () => {
    const dropped = NOT_ASCII.filter((character) => readPasted(character) === '');
    const wanted = NOT_ASCII.filter((character) =>
      /\p{White_Space}|\p{Dash}|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}/u.test(character),
    );
    expect(dropped).toEqual(wanted);
    for (const known of '\u00a0\u00ad\u061c\u180e\u200b\u200d\u200e\u2028\u202a\u2060\u2066\u2212\u3000\u3164\ufe0f\ufeff\uff0d\u{e0020}') {
      expect(dropped).toContain(known);
    }
  });

  it('takes linear time', () => {
    const worst = ['\u0301\u0316', '\ufdfa', '\u{1d7ff}', '\u200b', ' -', 'A'];
    for (const unit of worst) {
      expect(processorMs(() => readPasted(unit.repeat(20_000)))).toBeLessThan(1000);
    }
  });
});

describe('trimInvisible', () => {
  it.each([
    ['', ''],
    [' \u200b\ufeff', ''],
    ['\u202aa b\u200bc\u202c\n', 'a b\u200bc'],
    ['\u{e0020}-a-\u{e0020}', '-a-'],
    ['\udc00 a \ud800', '\udc00 a \ud800'],
  ])('makes of %j %j', (text, trimmed) => expect(trimInvisible(text)).toBe(trimmed));

  it('takes linear time', () => {
    expect(processorMs(() => trimInvisible(`a${' '.repeat(200_000)}a`.repeat(3)))).toBeLessThan(1000);
  });
});
