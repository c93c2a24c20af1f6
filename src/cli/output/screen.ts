/** A line of a terminal, drawn again in place while the code on it runs out. */
import { performance } from 'node:perf_hooks';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';
import type { Io } from '../io.ts';
import { countdown, groupCode, remainingMs, urgency } from './code-view.ts';
import { paint, printable } from './text.ts';

const REDRAW_MS = 200;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/** To the first column, and nothing behind it. */
const CLEAR_LINE = '\r\x1b[2K';

/** The line. */
export interface Screen extends Disposable {
  /** Puts a code on the line, and counts it down by the clock of this machine from what the server says is left. */
  show(token: Token): void;
  /** Takes the code off the line. */
  clear(): void;
}

/** Takes over the line; disposing gives it back, with the cursor. */
export function openScreen(io: Io): Screen {
  let draw = () => {};
  const timer = setInterval(() => draw(), REDRAW_MS);
  io.stdout.write(HIDE_CURSOR);
  return {
    show: (token) => {
      const end = performance.now() + (remainingMs(token) ?? 0);
      draw = () => io.stdout.write(CLEAR_LINE + describe(io, token, end - performance.now()));
      draw();
    },
    clear: () => {
      draw = () => {};
      io.stdout.write(CLEAR_LINE);
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      io.stdout.write(CLEAR_LINE + SHOW_CURSOR);
    },
  };
}

function describe(io: Io, { code, periodSeconds }: Token, leftMs: number): string {
  const bar = paint(io, io.stdout, urgency(leftMs), countdown(leftMs, periodSeconds));
  return `${paint(io, io.stdout, 'bold', groupCode(printable(code)))}  ${bar}`;
}
