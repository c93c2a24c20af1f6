/** Shows a code to a person: in two groups, with a bar for its remaining time, which a terminal counts down in place. */
import { performance } from 'node:perf_hooks';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';
import { formatDuration } from '../input/time.ts';
import type { Io } from '../io.ts';
import { showsUnicode } from './charset.ts';
import { type Colour, paint, printable } from './text.ts';

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/** Moves to the first column and erases the line. */
const CLEAR_LINE = '\r\x1b[2K';
const BAR_WIDTH = 20;
/** In ms: a person who starts to type with less time left may be late. */
const HURRY_MS = 5000;

/** `123 456`, `123 4567`, `1234 5678`. */
export function groupCode(code: string): string {
  const half = Math.floor(code.length / 2);
  return `${code.slice(0, half)} ${code.slice(half)}`;
}

/** The remaining time of a TOTP by the server's clock, in ms; undefined for HOTP. */
export function remainingMs({ expireTime, serverTime }: Token): number | undefined {
  return expireTime && serverTime && timestampMs(expireTime) - timestampMs(serverTime);
}

/** The remaining time, to show after a current code; empty for HOTP. */
export function describeLeft(token: Token): string {
  const left = remainingMs(token);
  return left === undefined ? '' : `, ${formatDuration(left)} left`;
}

/** The current code on one line: `123 456  ████░░░░ 12 s`; on a narrow terminal without the bar, or the code alone. */
export function codeLine(io: Io, { code, periodSeconds }: Token, leftMs: number): string {
  const grouped = groupCode(printable(code));
  // The last column stays free, since some terminals wrap the line there.
  const room = (io.stdout.columns ?? Number.POSITIVE_INFINITY) - grouped.length - '  '.length;
  const left = [true, false].map((withBar) => countdown(io, leftMs, periodSeconds, withBar)).find(({ length }) => length < room);
  const shown = paint(io, io.stdout, 'bold', grouped);
  return left === undefined ? shown : `${shown}  ${paint(io, io.stdout, urgency(leftMs), left)}`;
}

/** A bar and seconds, such as `█████░░░ 12 s`, for `leftMs` of a period. A `!` marks a short time, as the colour does. */
export function countdown(io: Pick<Io, 'env'>, leftMs: number, periodSeconds: number, withBar = true): string {
  const left = Math.max(0, leftMs);
  const bar = withBar ? `${barOf(io, left / (periodSeconds * 1000))} ` : '';
  return `${bar}${Math.ceil(left / 1000)} s${isHurry(left) ? ' !' : ''}`;
}

/** A bar of 20 characters, filled by `share`; a share above zero fills at least one. */
export function barOf(io: Pick<Io, 'env'>, share: number): string {
  const full = Math.min(BAR_WIDTH, Math.ceil(share * BAR_WIDTH));
  const [on, off] = showsUnicode(io) ? ['█', '░'] : ['#', '.'];
  return on.repeat(full) + off.repeat(BAR_WIDTH - full);
}

/** Green, or yellow once time is short. */
function urgency(leftMs: number): Colour {
  return isHurry(leftMs) ? 'yellow' : 'green';
}

function isHurry(leftMs: number): boolean {
  return leftMs <= HURRY_MS;
}

/** The line. */
export interface Screen extends Disposable {
  /** Shows a code on the line, and counts down the time that the server says is left, by the clock of this machine. */
  show(token: Token): void;
  /** Erases the code. */
  clear(): void;
}

/** Takes over the line; disposing releases it and shows the cursor again. */
export function openScreen(io: Io): Screen {
  let timer: NodeJS.Timeout | undefined;
  io.stdout.write(HIDE_CURSOR);
  return {
    show: (token) => {
      const end = performance.now() + (remainingMs(token) ?? 0);
      const draw = () => {
        const left = end - performance.now();
        io.stdout.write(CLEAR_LINE + codeLine(io, token, left));
        // Rounded up, so that the shown seconds have changed when the timer fires.
        if (left > 0) timer = setTimeout(draw, Math.ceil(left % 1000 || 1000) + 1);
      };
      clearTimeout(timer);
      draw();
    },
    clear: () => {
      clearTimeout(timer);
      io.stdout.write(CLEAR_LINE);
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      io.stdout.write(CLEAR_LINE + SHOW_CURSOR);
    },
  };
}
