/** Signs in front of words, in characters that the user's terminal can show. */
import type { Io, Output } from '../io.ts';

/** The state that a sign expresses. */
export type State = 'yes' | 'no' | 'alert';

const SIGNS: Readonly<Record<State, string>> = { yes: '✓', no: '✗', alert: '!' };
const ASCII_SIGNS: Readonly<Record<State, string>> = { yes: 'ok', no: 'no', alert: '!' };

/** Whether other characters than ASCII are shown, by the locale of the environment (POSIX, 8.2). Without a locale, UTF-8 is assumed. */
export function showsUnicode({ env }: Pick<Io, 'env'>): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return locale === '' || /utf-?8/i.test(locale);
}

/** The sign of a state and a space on a terminal; empty elsewhere, where programs read the words. */
export function signOf(io: Io, output: Output, state: State): string {
  if (output.isTTY !== true) return '';
  return `${(showsUnicode(io) ? SIGNS : ASCII_SIGNS)[state]} `;
}
