/** Draws what a command printed in a terminal as an SVG: `command | node scripts/terminal-picture.ts '$ command' > picture.svg`. */
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';

const CELL = { width: 8.4, height: 17 } as const;
const MARGIN = 14;
const COLOURS: Readonly<Record<string, string>> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '36': '#79c0ff',
  '2': '#8b949e',
};
const PLAIN = '#e6edf3';
const BACKGROUND = '#0d1117';

/** The part of a cell that a block character fills, as top and bottom in cells: drawn, since no two fonts agree on their gaps. */
const BLOCKS: Readonly<Record<string, readonly [number, number]>> = { '\u2588': [0, 1], '\u2580': [0, 0.5], '\u2584': [0.5, 1] };

const ESCAPE = '\u001b';
/** A colour or its end (ECMA-48, SGR). */
const SEQUENCE = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`);

interface Style {
  readonly colour: string;
  readonly bold: boolean;
}

const [title = ''] = process.argv.slice(2);
const lines = `${title}\n${(await text(process.stdin)).replaceAll('\r', '').trimEnd()}`.split('\n');
const columns = Math.max(...lines.map((line) => [...stripVTControlCharacters(line)].length));
const [width, height] = [columns * CELL.width + 2 * MARGIN, lines.length * CELL.height + 2 * MARGIN];
process.stdout.write(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" width="${width.toFixed(0)}" height="${height}">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">`,
    ...lines.flatMap(drawLine),
    '</g></svg>\n',
  ].join('\n'),
);

function drawLine(line: string, row: number): string[] {
  let style: Style = { colour: PLAIN, bold: false };
  let column = 0;
  const drawn: string[] = [];
  for (const part of line.split(SEQUENCE)) {
    if (part.startsWith(ESCAPE)) {
      style = restyle(style, part.slice(2, -1).split(';'));
      continue;
    }
    for (const run of part.match(/\u2580+|\u2584+|\u2588+|[^\u2580\u2584\u2588]+/g) ?? []) {
      drawn.push(drawRun(run, column, row, style));
      column += [...run].length;
    }
  }
  return drawn.filter((element) => element !== '');
}

function restyle(style: Style, codes: readonly string[]): Style {
  let { colour, bold } = style;
  for (const code of codes) {
    if (['', '0', '22', '39'].includes(code)) [colour, bold] = [PLAIN, false];
    else if (code === '1') bold = true;
    else colour = COLOURS[code] ?? colour;
  }
  return { colour, bold };
}

function drawRun(run: string, column: number, row: number, { colour, bold }: Style): string {
  const [x, y] = [MARGIN + column * CELL.width, MARGIN + row * CELL.height];
  const block = BLOCKS[run.charAt(0)];
  if (block !== undefined) {
    const [top, bottom] = block;
    // A little larger than its cells, so that neighbours leave no seam.
    const [width, height] = [run.length * CELL.width + 0.3, (bottom - top) * CELL.height + 0.3];
    return `<path d="M${x.toFixed(1)} ${(y + top * CELL.height).toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h-${width.toFixed(1)}z" fill="#fff"/>`;
  }
  if (run.trim() === '') return '';
  const weight = bold ? ' font-weight="bold"' : '';
  const length = ([...run].length * CELL.width).toFixed(1);
  const escaped = escapeXml(run).replaceAll(' ', '\u00a0');
  return `<text x="${x.toFixed(1)}" y="${y + 13}" fill="${colour}"${weight} textLength="${length}" lengthAdjust="spacingAndGlyphs">${escaped}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
