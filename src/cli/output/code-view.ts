/** How a code looks to a person: in two groups, with a bar for the time that it has left, which a terminal counts down in place. */
import { performance } from 'node:perf_hooks';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';
import type { Io } from '../io.ts';
import { type Colour, paint, printable } from './text.ts';

const REDRAW_MS = 200;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/** To the first column, and nothing behind it. */
const CLEAR_LINE = '\r\x1b[2K';
const BAR_WIDTH = 20;
/** In ms: who starts typing now may be late. */
const HURRY_MS = 5000;

/** `123 456`, `123 4567`, `1234 5678`. */
export function groupCode(code: string): string {
  const half = Math.floor(code.length / 2);
  return `${code.slice(0, half)} ${code.slice(half)}`;
}

/** How long a TOTP still holds by the server's clock, in ms; undefined for HOTP. */
export function remainingMs({ expireTime, serverTime }: Token): number | undefined {
  return expireTime && serverTime && timestampMs(expireTime) - timestampMs(serverTime);
}

/** A bar and the seconds, as `■■■■■ 12 s`, of `leftMs` out of a period. */
export function countdown(leftMs: number, periodSeconds: number): string {
  const left = Math.max(0, leftMs);
  const full = Math.min(BAR_WIDTH, Math.ceil((left / (periodSeconds * 1000)) * BAR_WIDTH));
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${Math.ceil(left / 1000)} s`;
}

/** Green, or yellow once time is short. */
export function urgency(leftMs: number): Colour {
  return leftMs > HURRY_MS ? 'green' : 'yellow';
}

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
