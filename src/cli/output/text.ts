/** Output of commands: plain lines, safe for a terminal, with colours only if they are wanted. */
import { styleText } from 'node:util';
import { type DescMessage, type MessageShape, toJson } from '@bufbuild/protobuf';
import type { Io, Output } from '../io.ts';

/** The colours in use. */
export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'bold' | 'dim';

/** Writes one line. */
export function writeLine(output: Output, text: string): void {
  output.write(`${text}\n`);
}

/** Control and format characters, including bidirectional overrides. */
const STEERING = /[\p{Cc}\p{Cf}]/gu;

/** The text on one line, without characters that control the terminal; for texts from servers and files. */
export function printable(text: string): string {
  return text.replace(STEERING, '\u{fffd}');
}

/** The text as one word of a POSIX shell, quoted only if necessary. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The text in a colour, if `output` is a terminal that shows it and NO_COLOR (no-color.org) is unset. */
export function paint(io: Io, output: Output, colour: Colour, text: string): string {
  const plain = output.isTTY !== true || (io.env['NO_COLOR'] ?? '') !== '' || io.env['TERM'] === 'dumb';
  return plain ? text : styleText(colour, text, { validateStream: false });
}

/** Writes one line of warning to standard error. */
export function warn(io: Io, text: string): void {
  writeLine(io.stderr, `${paint(io, io.stderr, 'yellow', 'warning:')} ${printable(text)}`);
}

/** Writes a message in the JSON mapping of protobuf on one line. Defaults are written too, so that `valid` is there when it is false. */
export function writeMessage<Desc extends DescMessage>(output: Output, schema: Desc, message: MessageShape<Desc>): void {
  writeLine(output, JSON.stringify(toJson(schema, message, { alwaysEmitImplicit: true })));
}

/** Writes a value as JSON on one line. */
export function writeJson(output: Output, value: unknown): void {
  writeLine(output, JSON.stringify(value));
}

/** Rows as lines with aligned columns, two spaces apart. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = columnWidths(rows);
  const pad = (cell: string, at: number) => cell + ' '.repeat((widths[at] ?? 0) - [...cell].length);
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, [...cell].length);
  return widths;
}

/** The narrowest width of a column. */
const NARROWEST = 6;

/**
 * Cuts cells so that the aligned columns are at most `width` characters wide: the widest of the `yielding` columns shrinks first, down to six characters. A
 * cut cell ends with `mark`.
 */
export function fitColumns(
  rows: readonly (readonly string[])[],
  width: number,
  yielding: readonly number[],
  mark: string,
): string[][] {
  const widths = columnWidths(rows);
  const over = () => widths.reduce((sum, one) => sum + one, 0) + 2 * (widths.length - 1) - width;
  while (over() > 0) {
    const widest = yielding.reduce((one, other) => ((widths[other] ?? 0) > (widths[one] ?? 0) ? other : one));
    const most = widths[widest] ?? 0;
    if (most <= NARROWEST) break;
    widths[widest] = most - 1;
  }
  const cut = (cell: string, at: number) => {
    const characters = [...cell];
    const most = widths[at] ?? 0;
    return characters.length <= most ? cell : characters.slice(0, most - 1).join('') + mark;
  };
  return rows.map((row) => row.map(cut));
}
