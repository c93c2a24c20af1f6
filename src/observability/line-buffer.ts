/** A buffer of lines for a stream: lines that can wait are written together, since a write for each call costs more than all the rest of the log. */

/** How long a line may wait, in ms. */
const PATIENCE_MS = 50;
/** The most bytes that wait, which take some ten microseconds to write. */
const MOST_WAITING = 65_536;

export interface Lines {
  /** Takes a line of Latin-1 of at most 65,536 characters, with its newline, and writes it soon. */
  readonly soon: (line: string) => void;
  /** Writes a line now, after all waiting lines. */
  readonly now: (line: string) => void;
  /** Writes the waiting lines. */
  readonly flush: () => void;
}

/**
 * Makes a buffer for `stream`, which gets at most `mostAtOnce` characters in one write, or a single longer line. A killed process loses the waiting lines of the
 * last twentieth of a second, and no others.
 */
export function createLines(stream: { write(text: string): void }, mostAtOnce: number = Number.POSITIVE_INFINITY): Lines {
  // As bytes: a growing string is a tree of its pieces, which each collection of the young generation would copy.
  const waiting = Buffer.allocUnsafeSlow(MOST_WAITING);
  let size = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (size === 0) return;
    const text = waiting.toString('latin1', 0, size);
    size = 0;
    for (let from = 0; from < text.length; ) {
      const end = pieceEnd(text, from, mostAtOnce);
      stream.write(text.slice(from, end));
      from = end;
    }
  }

  return {
    soon(line) {
      if (size + line.length > MOST_WAITING) flush();
      size += waiting.write(line, size, 'latin1');
      timer ??= setTimeout(flush, PATIENCE_MS).unref();
    },
    now(line) {
      flush();
      stream.write(line);
    },
    flush,
  };
}

/** The end of the piece of whole lines that starts at `from`. */
function pieceEnd(text: string, from: number, most: number): number {
  if (text.length - from <= most) return text.length;
  const last = text.lastIndexOf('\n', from + most - 1);
  return last < from ? text.indexOf('\n', from) + 1 : last + 1;
}
