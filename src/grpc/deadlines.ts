/** Deadlines of one length for many calls: a timer of its own for each would cost more than the rest of its bookkeeping. */

/** How often what is due is looked for, in ms: how late a deadline may be. */
const TICK_MS = 50;

/** Things that wait, each once, for at most as long as the deadline is. */
export interface Deadlines<T> {
  readonly add: (item: T) => void;
  /** Nothing if it is not there (any more). */
  readonly delete: (item: T) => void;
}

/**
 * Makes a queue. What is in it `ms` after its own start, by `performance.now()`, leaves it and is given to `onDue`. The timer runs only while
 * something waits.
 */
export function createDeadlines<T extends { readonly startedAt: number }>(ms: number, onDue: (item: T) => void): Deadlines<T> {
  /** In the order of coming, which is the order of being due. */
  const waiting = new Set<T>();
  let isTicking = false;

  function tick(): void {
    const now = performance.now();
    try {
      for (const item of waiting) {
        if (item.startedAt + ms > now) break;
        waiting.delete(item);
        onDue(item);
      }
    } finally {
      // One that cannot be told must not leave all others without a deadline.
      isTicking = waiting.size > 0;
      if (isTicking) setTimeout(tick, TICK_MS);
    }
  }

  return {
    add(item) {
      waiting.add(item);
      if (isTicking) return;
      isTicking = true;
      setTimeout(tick, TICK_MS);
    },
    delete: (item) => void waiting.delete(item),
  };
}
