/** Reads text as people paste it, one character at a time. If a character has no clear meaning, the whole text is refused. */

/** Invisible characters, including marks for the direction of writing. */
const INVISIBLE = /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u;
/** Invisible characters and separators. */
const DROPPED = /[\p{White_Space}\p{Dash}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u;
const ALL_DROPPED: RegExp = new RegExp(DROPPED, 'gu');
const ASCII = /^\p{ASCII}*$/u;
const DIGIT = /^\p{Nd}$/u;
const LETTER = /^[A-Za-z=]$/;

/**
 * Reads a code or a secret, code point by code point.
 *
 * Drops white space, dashes and invisible characters; keeps ASCII; reads a decimal digit of any script as its value, and a character that NFKC
 * maps to one ASCII letter or to `=` as that character. Refuses everything else. The text is never normalised as a whole: normalisation would
 * read some single characters as several, and takes quadratic time.
 *
 * @returns ASCII without spaces and dashes, in its original case; undefined if a character has no meaning.
 */
export function readPasted(text: string): string | undefined {
  if (ASCII.test(text)) return text.replace(ALL_DROPPED, '');
  let read = '';
  for (const character of text) {
    const meaning = meaningOf(character);
    if (meaning === undefined) return undefined;
    read += meaning;
  }
  return read;
}

/** Drops invisible characters at both ends. */
export function trimInvisible(text: string): string {
  const characters = [...text];
  const seen = (character: string): boolean => !INVISIBLE.test(character);
  const [start, end] = [characters.findIndex(seen), characters.findLastIndex(seen) + 1];
  return start === 0 && end === characters.length ? text : characters.slice(start, end).join('');
}

function meaningOf(character: string): string | undefined {
  if (DROPPED.test(character)) return '';
  if (ASCII.test(character)) return character;
  if (DIGIT.test(character)) return String(decimalValue(character.codePointAt(0) ?? 0));
  const compatible = character.normalize('NFKC');
  return LETTER.test(compatible) ? compatible : undefined;
}

/** The values that were looked up, by code point: a few hundred at most, since Unicode has no more decimal digits. */
const VALUES = new Map<number, number>();

/** The value of a decimal digit. The digits of a script are consecutive from 0 to 9, and adjacent scripts meet at a 0 (Unicode section 4.6). */
function decimalValue(digit: number): number {
  const known = VALUES.get(digit);
  if (known !== undefined) return known;
  let start = digit;
  while (DIGIT.test(String.fromCodePoint(start - 1))) start -= 1;
  const value = (digit - start) % 10;
  VALUES.set(digit, value);
  return value;
}
