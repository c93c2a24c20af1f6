/** Lines on their way to a stream: those that can wait are written together, since one write a call costs more than all else in the log. */

/** How long a line may wait, in ms. */
const PATIENCE_MS = 50;
/** How much may wait, in bytes: what takes some ten microseconds to write. */
const MOST_WAITING = 65_536;

export interface Lines {
  /** Takes a line of Latin-1 and at most 65,536 characters, with its newline; it is written soon. */
  readonly soon: (line: string) => void;
  /** Writes a line now, after all that wait. */
  readonly now: (line: string) => void;
  /** Writes what waits. */
  readonly flush: () => void;
}

/**
 * Lines in front of `stream`, of which it gets at most `mostAtOnce` characters in one write, or one line that is longer. A process that is
 * killed loses those of the last twentieth of a second that could wait, no other.
 */
export function createLines(stream: { write(text: string): void }, mostAtOnce: number = Number.POSITIVE_INFINITY): Lines {
  // As bytes: a string that grows is a tree of its pieces, which each collection of the young generation meanwhile would have to copy.
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

/** Where the piece of whole lines that starts at `from` ends. */
function pieceEnd(text: string, from: number, most: number): number {
  if (text.length - from <= most) return text.length;
  const last = text.lastIndexOf('\n', from + most - 1);
  return last < from ? text.indexOf('\n', from) + 1 : last + 1;
}
