/** Shows the reason of a wait that takes longer than a person expects. */
import type { Io } from '../io.ts';
import { paint, writeLine } from './text.ts';

/** How long a command may be silent, in ms. */
const PATIENCE_MS = 1000;
/** ECMA-48: erases from the cursor to the end of the line. */
const ERASE_LINE = '\x1b[K';

/** The progress of long work, on one line of a terminal that is redrawn and erased at the end. */
export interface Progress extends Disposable {
  /** Shows the current work, and its completed share, 0 to 1; undefined if that is not known. */
  readonly show: (what: string, share?: number) => void;
}

/** Makes the line. It appears after a second, or at once if `isLong` says that the work will take longer. */
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

/** Shows a text on a terminal, unless it is disposed of within a second. */
export function explainWait(io: Io, text: string): Disposable {
  const timer = setTimeout(() => {
    if (io.stderr.isTTY) writeLine(io.stderr, paint(io, io.stderr, 'dim', text));
  }, PATIENCE_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
