/** Says what is being waited for, when it takes longer than a person expects. */
import type { Io } from '../io.ts';
import { paint, writeLine } from './text.ts';

/** How long silence needs no explanation, in ms. */
const PATIENCE_MS = 1000;
/** ECMA-48: erases what is right of the cursor. */
const ERASE_LINE = '\x1b[K';

/** A long piece of work, told to a terminal on one line that is drawn again; nothing is left of it at the end. */
export interface Progress extends Disposable {
  /** Names the work under way, and the share that is done, 0 to 1; undefined if that cannot be told. */
  readonly show: (what: string, share?: number) => void;
}

/** Makes the line, which appears after a second, or at once if `isLong` says that the work will take longer. */
export function showProgress(io: Io, isLong: boolean): Progress {
  const startedAt = performance.now();
  let shown = '';
  const draw = (text: string): void => {
    if (text === shown) return;
    shown = text;
    io.stderr.write(`\r${ERASE_LINE}${paint(io, io.stderr, 'dim', text)}`);
  };
  return {
    show: (what, share) => {
      if (!io.stderr.isTTY || (!isLong && performance.now() - startedAt < PATIENCE_MS)) return;
      draw(share === undefined ? `${what} ...` : `${what}: ${Math.floor(100 * share)} %`);
    },
    [Symbol.dispose]: () => {
      if (shown !== '') io.stderr.write(`\r${ERASE_LINE}`);
    },
  };
}

/** A wait: unless disposed of within a second, it tells a terminal what is going on. */
export function explainWait(io: Io, text: string): Disposable {
  const timer = setTimeout(() => {
    if (io.stderr.isTTY) writeLine(io.stderr, paint(io, io.stderr, 'dim', text));
  }, PATIENCE_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
