/** Signs beside words, in the characters that the terminal of the user shows. */
import type { Io, Output } from '../io.ts';

/** A state that a line tells. */
export type State = 'yes' | 'no' | 'alert';

const SIGNS: Readonly<Record<State, string>> = { yes: '✓', no: '✗', alert: '!' };
const ASCII_SIGNS: Readonly<Record<State, string>> = { yes: 'ok', no: 'no', alert: '!' };

/** Whether more than ASCII is shown, by the locale of the environment (POSIX, 8.2); one that is not set is taken for UTF-8. */
export function showsUnicode({ env }: Pick<Io, 'env'>): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return locale === '' || /utf-?8/i.test(locale);
}

/** The sign of a state with a space behind it, on a terminal; nothing elsewhere, where programs read the words alone. */
export function signOf(io: Io, output: Output, state: State): string {
  if (output.isTTY !== true) return '';
  return `${(showsUnicode(io) ? SIGNS : ASCII_SIGNS)[state]} `;
}
