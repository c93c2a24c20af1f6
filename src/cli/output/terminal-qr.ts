/** Draws QR codes in a terminal: black on white in every theme, in the size that fits. */
import { renderQr } from '../../otp/qr.ts';
import type { Io } from '../io.ts';
import { showsUnicode } from './charset.ts';
import { warn, writeLine } from './text.ts';

/** How a QR code is drawn: `auto` in colours on a terminal; `plain` and `invert` without colours, for a dark and for a light terminal. */
export const QR_LOOKS = ['auto', 'plain', 'invert', 'none'] as const;
export const QR_HELP =
  'how the terminal draws the QR code: black on white; without colours, for a dark terminal (plain) or a light one (invert); or none';
export type QrLook = (typeof QR_LOOKS)[number];

/** Black on white from the 6×6×6 cube of xterm, which themes do not change, and the reset (ECMA-48, SGR). */
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m';
const [BLACK, WHITE, RESET] = ['\x1b[48;5;16m', '\x1b[48;5;231m', '\x1b[0m'];
/** The lines that the next prompt needs. */
const PROMPT_LINES = 1;

/** A QR code with its border, row by row: whether a module is dark. */
type Modules = readonly (readonly boolean[])[];

/** The form of a drawing: half blocks or ASCII, and coloured or with only the dark or the light modules drawn. */
interface Form {
  readonly isUnicode: boolean;
  readonly drawn: 'dark' | 'light' | 'coloured';
}

/** The size of a drawing in a terminal. */
interface Size {
  readonly columns: number;
  readonly lines: number;
}

/**
 * Draws `uri`, or warns with `remedy` if the terminal is too small. Colours are part of the picture, so NO_COLOR does not remove them; a terminal without
 * colours (TERM=dumb) gets the plain form, with the light modules drawn.
 */
export function showQr(io: Io, uri: string, look: QrLook, remedy: string): void {
  if (look === 'none') return;
  const isUnicode = showsUnicode(io);
  const found = fitting(io, uri, isUnicode);
  if ('columns' in found) {
    const has = `this terminal has ${io.stdout.columns ?? 'any number'} and ${io.stdout.rows ?? 'any number'}`;
    warn(io, `the QR code needs ${found.columns} columns and ${found.lines + PROMPT_LINES} lines, ${has}: ${remedy}`);
    return;
  }
  const isColoured = look === 'auto' && io.stdout.isTTY === true && io.env['TERM'] !== 'dumb';
  const drawn = isColoured ? 'coloured' : look === 'invert' ? 'dark' : 'light';
  for (const line of draw(found.modules, { isUnicode, drawn })) writeLine(io.stdout, line);
}

/**
 * The largest code that fits: with the border of the standard, with half of it, or without the parameters that every app assumes. Level L makes the
 * smallest code, and a screen has no dirt.
 */
function fitting(io: Io, uri: string, isUnicode: boolean): { readonly modules: Modules } | Size {
  const { columns = Infinity, rows = Infinity } = io.stdout;
  let size: Size = { columns: 0, lines: 0 };
  for (const [text, quietZone] of [
    [uri, 4],
    [uri, 2],
    [withoutDefaults(uri), 2],
  ] as const) {
    const modules = modulesOf(text, quietZone);
    const { length } = modules;
    size = isUnicode ? { columns: length, lines: Math.ceil(length / 2) } : { columns: 2 * length, lines: length };
    if (size.columns <= columns && size.lines + PROMPT_LINES <= rows) return { modules };
  }
  return size;
}

/** The URI without parameters that equal the defaults of the Key URI Format. */
function withoutDefaults(uri: string): string {
  return uri.replace(/&(?:algorithm=SHA1|digits=6|period=30)(?=&|$)/g, '');
}

/** Reads the modules from the text that `renderQr` draws, which has the light modules. */
function modulesOf(uri: string, quietZone: number): Modules {
  const { data, width } = renderQr(uri, { format: 'text', errorCorrection: 'L', scale: 1, quietZone });
  const lines = Buffer.from(data).toString('utf8').split('\n');
  return Array.from({ length: width }, (_, row) => {
    const light = row % 2 === 0 ? '█▀' : '█▄';
    return Array.from(lines[row >> 1] ?? '', (half) => !light.includes(half));
  });
}

function draw(modules: Modules, { isUnicode, drawn }: Form): string[] {
  if (isUnicode) {
    const lines = halfBlocks(modules, drawn !== 'light');
    return drawn === 'coloured' ? lines.map((line) => BLACK_ON_WHITE + line + RESET) : lines;
  }
  // Two columns are about as wide as a line is high.
  const [dark, light] = drawn === 'coloured' ? [`${BLACK}  `, `${WHITE}  `] : drawn === 'dark' ? ['##', '  '] : ['  ', '##'];
  return modules.map((row) => row.map((isDark) => (isDark ? dark : light)).join('') + (drawn === 'coloured' ? RESET : ''));
}

/** Two modules a character; below the last row nothing is drawn. */
function halfBlocks(modules: Modules, drawn: boolean): string[] {
  return modules.flatMap((row, at) => {
    if (at % 2 === 1) return [];
    const below = modules[at + 1];
    return row
      .map((module, column) => {
        const [upper, lower] = [module === drawn, below?.[column] === drawn];
        return upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
      })
      .join('');
  });
}
