/** Draws docs/terminal.svg and docs/terminal-dark.svg from a real terminal: a server starts, an account is enrolled, and a code is accepted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IBufferCell } from '@xterm/headless';
import { deviceOf } from '../test/support/enrolment.ts';
import { openTerminal, type TerminalSession } from '../test/support/terminal.ts';

/** In pixels. With whole numbers, the modules of the QR code are squares without seams. GitHub shows 90 columns in a README. */
const CELL = { width: 8, height: 16 } as const;
const MARGIN = 20;
const COLUMNS = 90;
/** For a font whose letters are 0.6 em wide, as in most fonts. */
const FONT_SIZE = 13.33;

interface Theme {
  readonly background: string;
  readonly border: string;
  readonly plain: string;
  /** The colours by their numbers in ECMA-48, SGR. */
  readonly colours: Readonly<Record<number, string>>;
}

const THEMES: Readonly<Record<string, Theme>> = {
  'docs/terminal.svg': {
    background: '#ffffff',
    border: '#d0d7de',
    plain: '#1f2328',
    colours: { 1: '#cf222e', 2: '#1a7f37', 3: '#7d4e00', 16: '#000000', 231: '#ffffff' },
  },
  'docs/terminal-dark.svg': {
    background: '#161b22',
    border: '#3d444d',
    plain: '#e6edf3',
    colours: { 1: '#ff7b72', 2: '#56d364', 3: '#e3b341', 16: '#000000', 231: '#ffffff' },
  },
};

/** A part of a line with a uniform style. */
interface Run {
  readonly column: number;
  readonly text: string;
  readonly foreground: number | undefined;
  readonly background: number | undefined;
  readonly isBold: boolean;
}

const lines = await record();
for (const [file, theme] of Object.entries(THEMES)) writeFileSync(file, draw(lines, theme));

/** Runs the commands, and returns the lines of their terminals one after the other. */
async function record(): Promise<Run[][]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'otpd-picture-'));
  const main = ['node', 'src/main.ts'];
  const doors = ['--listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0', '--ops-listen', 'off', '--log-level', 'silent'];
  try {
    await using server = openTerminal([...main, 'serve', '--data-dir', dataDir, ...doors], { columns: 200 });
    const [address = '', apiKey = ''] = await found(server, /ready on (\S+) [\s\S]*API key {2}(\S+)[\s\S]*Ctrl-C/);
    const env = { OTPD_ADDRESS: address, OTPD_API_KEY: apiKey };
    const account = ['--issuer', 'ACME', '--account', 'alice@example.com', '--context', 'alice'];
    await using enrol = openTerminal([...main, 'enrol', ...account], { columns: COLUMNS, env });
    const device = deviceOf((await found(enrol, /(otpauth:\S+\n?\S*)[\s\S]*shows:/))[0]?.replace('\n', '') ?? '');
    const used = device.code(Date.now());
    enrol.type(`${used}\r`);
    await enrol.ended;
    const blob = /otpk1_[\w-]+\n?[\w-]*/.exec(enrol.text())?.[0].replace('\n', '') ?? '';
    await using verify = openTerminal([...main, 'verify', '--sealed', blob, '--context', 'alice'], { columns: COLUMNS, env });
    await found(verify, /(not shown)/);
    while (device.code(Date.now()) === used) await sleep(500);
    verify.type(`${device.code(Date.now())}\r`);
    await verify.ended;
    const start = plainLine(
      server
        .text()
        .split('\n')
        .find((line) => line.includes('is ready on')) ?? '',
    );
    return [
      prompt('npx otpd serve'),
      start.map((run) => ({ ...run, text: run.text.replace(address, '127.0.0.1:50051').replace(/; data in .*/, '') })),
      [],
      prompt(`npx otpd enrol ${account.join(' ')}`),
      ...runsOf(enrol),
      [],
      prompt('npx otpd verify --sealed "$SEALED" --context alice'),
      ...runsOf(verify),
    ];
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

async function found(session: TerminalSession, pattern: RegExp): Promise<string[]> {
  for (let tries = 0; tries < 600; tries += 1) {
    const groups = pattern.exec(session.text());
    if (groups !== null) return groups.slice(1);
    await sleep(50);
  }
  throw new Error(`the terminal never showed ${pattern}:\n${session.text()}`);
}

function plainLine(text: string): Run[] {
  return [{ column: 0, text, foreground: undefined, background: undefined, isBold: false }];
}

function prompt(command: string): Run[] {
  return plainLine(`$ ${command}`).map((run) => ({ ...run, isBold: true }));
}

/** Returns all lines of a terminal except the empty lines at its end. */
function runsOf({ terminal, text }: TerminalSession): Run[][] {
  return text()
    .split('\n')
    .map((_, row) => {
      const runs: Run[] = [];
      for (let column = 0; column < terminal.cols; column += 1) {
        const cell = terminal.buffer.active.getLine(row)?.getCell(column);
        if (cell !== undefined) append(runs, column, cell);
      }
      return runs;
    });
}

function append(runs: Run[], column: number, cell: IBufferCell): void {
  const foreground = cell.isFgDefault() ? undefined : cell.getFgColor();
  const background = cell.isBgDefault() ? undefined : cell.getBgColor();
  const [text, isBold, last] = [cell.getChars() || ' ', cell.isBold() !== 0, runs.at(-1)];
  if (last?.foreground === foreground && last?.background === background && last?.isBold === isBold)
    runs[runs.length - 1] = { ...last, text: last.text + text };
  else runs.push({ column, text, foreground, background, isBold });
}

function draw(all: readonly (readonly Run[])[], theme: Theme): string {
  const [width, height] = [COLUMNS * CELL.width + 2 * MARGIN, all.length * CELL.height + 2 * MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>otpd in a terminal: a server starts, an account is enrolled with a QR code, and a code is accepted</title>',
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${theme.background}" stroke="${theme.border}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT_SIZE}">`,
    ...all.flatMap((runs, row) => runs.flatMap((run) => drawRun(run, row, theme))),
    '</g></svg>\n',
  ].join('\n');
}

function drawRun({ column, text, foreground, background, isBold }: Run, row: number, theme: Theme): string[] {
  const [x, y] = [MARGIN + column * CELL.width, MARGIN + row * CELL.height];
  const fill = foreground === undefined ? theme.plain : theme.colours[foreground];
  const width = [...text].length * CELL.width;
  const back = background === undefined ? [] : [rectangle(x, y, width, CELL.height, theme.colours[background])];
  if (/^[ █▀▄]+$/.test(text)) return [...back, ...blocks(text, x, y, fill)];
  const shown = text.trimEnd();
  if (shown === '') return back;
  const weight = isBold ? ' font-weight="bold"' : '';
  const length = [...shown].length * CELL.width;
  const escaped = shown.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00a0');
  return [
    ...back,
    `<text x="${x}" y="${y + 12}" fill="${fill}"${weight} textLength="${length}" lengthAdjust="spacingAndGlyphs">${escaped}</text>`,
  ];
}

/** Draws half blocks as rectangles, since fonts differ in the gaps between them: a path for both halves of a line. */
function blocks(text: string, x: number, y: number, fill: string | undefined): string[] {
  const half = CELL.height / 2;
  const path = ['█▀', '█▄'].flatMap((drawn, at) =>
    [...text.matchAll(new RegExp(`[${drawn}]+`, 'g'))].map(({ index, 0: run }) => {
      const width = run.length * CELL.width;
      return `M${x + index * CELL.width} ${y + at * half}h${width}v${half}h-${width}z`;
    }),
  );
  return path.length === 0 ? [] : [`<path d="${path.join('')}" fill="${fill}" shape-rendering="crispEdges"/>`];
}

function rectangle(x: number, y: number, width: number, height: number, fill: string | undefined): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" shape-rendering="crispEdges"/>`;
}
