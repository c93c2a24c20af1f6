/** Work that may wait, done piece after piece: after each call alone it costs several times as much, since its code and data leave the caches (docs/performance.md). */

/** The most pieces that wait: together they take less than a quarter of a millisecond. */
const MOST_WAITING = 256;

export interface Backlog<T> {
  /** Takes a piece, for later. */
  readonly add: (piece: T) => void;
  /** Does all that waits. */
  readonly flush: () => void;
}

/** Makes an empty backlog. If `work` throws, the error is thrown on, and the pieces behind it are lost. */
export function createBacklog<T>(work: (piece: T) => void): Backlog<T> {
  const waiting: T[] = [];
  function flush(): void {
    for (const piece of waiting.splice(0)) work(piece);
  }
  return {
    add(piece) {
      if (waiting.push(piece) === MOST_WAITING) flush();
    },
    flush,
  };
}
