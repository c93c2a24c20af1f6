/** Says what is being waited for, when it takes longer than a person expects. */
import type { Io } from './io.ts';
import { paint, writeLine } from './output.ts';

/** How long silence needs no explanation, in ms. */
const PATIENCE_MS = 1000;

/** A wait: unless disposed of within a second, it tells a terminal what is going on. */
export function explainWait(io: Io, text: string): Disposable {
  const timer = setTimeout(() => {
    if (io.stderr.isTTY) writeLine(io.stderr, paint(io, io.stderr, 'dim', text));
  }, PATIENCE_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
