/** A program on a real pseudo-terminal, whose screen the emulator xterm.js keeps. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import xterm, { type IBufferCell, type Terminal } from '@xterm/headless';

const PTY = fileURLToPath(new URL('./pseudo-terminal.py', import.meta.url));
const CTRL_C = '\x03';

export interface TerminalOptions {
  readonly columns?: number;
  readonly lines?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program and its screen. */
export interface TerminalSession extends AsyncDisposable {
  /** Returns all output, including control sequences. */
  readonly raw: () => string;
  /** Returns all lines, including the lines that have scrolled off, without trailing spaces. */
  readonly text: () => string;
  /** Returns the lines on the screen. */
  readonly screen: () => string;
  readonly terminal: Terminal;
  readonly type: (text: string) => void;
  /** Resolves to the exit code. */
  readonly ended: Promise<number>;
}

/** Starts `command` on a terminal of 80 × 24 by default. */
export function openTerminal(command: readonly string[], options: TerminalOptions = {}): TerminalSession {
  const { columns = 80, lines = 24, env = {} } = options;
  const child: ChildProcessWithoutNullStreams = spawn('python3', [PTY, `${columns}`, `${lines}`, ...command], {
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', ...env },
  });
  const terminal = new xterm.Terminal({ cols: columns, rows: lines, allowProposedApi: true, scrollback: 1000 });
  let raw = '';
  child.stdout.on('data', (chunk: Buffer) => {
    raw += chunk.toString();
    terminal.write(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    raw += chunk.toString();
  });
  const ended = once(child, 'close').then(async ([code]) => {
    // Waits for the emulator, which processes the output later.
    await new Promise<void>((resolve) => terminal.write('', resolve));
    return code as number;
  });
  const linesFrom = (first: number) => {
    const { active } = terminal.buffer;
    return Array.from(
      { length: active.length - first },
      (_, at) => active.getLine(first + at)?.translateToString(true) ?? '',
    ).join('\n');
  };
  return {
    raw: () => raw,
    text: () => linesFrom(0).trimEnd(),
    screen: () => linesFrom(terminal.buffer.active.baseY).trimEnd(),
    terminal,
    type: (text) => void child.stdin.write(text),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.stdin.write(CTRL_C);
      child.kill('SIGTERM');
      await ended;
      terminal.dispose();
    },
  };
}

/** The default colours of a theme, as red, green and blue. */
export interface Theme {
  readonly background: readonly [number, number, number];
  readonly foreground: readonly [number, number, number];
}

/** Returns the pixels of the screen: each line has two rows, for the upper and the lower half of its characters, in blocks of `scale` pixels. */
export function pixelsOf(
  terminal: Terminal,
  theme: Theme,
  scale = 4,
): { data: Uint8ClampedArray; width: number; height: number } {
  const { active } = terminal.buffer;
  const [width, height] = [terminal.cols * scale, terminal.rows * 2 * scale];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / scale);
    const line = active.getLine(active.baseY + (row >> 1));
    for (let x = 0; x < width; x++) {
      const cell = line?.getCell(Math.floor(x / scale));
      data.set(cell === undefined ? theme.background : colourOf(cell, row % 2 === 0, theme), (y * width + x) * 4);
    }
  }
  return { data, width, height };
}

function colourOf(cell: IBufferCell, isUpper: boolean, theme: Theme): readonly [number, number, number] {
  const isDrawn = (isUpper ? '█▀' : '█▄').includes(cell.getChars() || ' ');
  if (isDrawn) return cell.isFgDefault() ? theme.foreground : cube(cell.getFgColor());
  return cell.isBgDefault() ? theme.background : cube(cell.getBgColor());
}

/** Returns black or white, the colours of the palette of 256 that do not depend on the theme. Throws for any other colour. */
function cube(colour: number): readonly [number, number, number] {
  if (colour === 16) return [0, 0, 0];
  if (colour === 231) return [255, 255, 255];
  throw new Error(`colour ${colour} is one of the theme`);
}
