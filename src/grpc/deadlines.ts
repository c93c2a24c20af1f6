/** Deadlines of one length for many calls: a timer of its own for each would cost more than the rest of its bookkeeping. */

/** How often what is due is looked for, in ms: how late a deadline may be. */
const TICK_MS = 50;

/** One that can wait: the links are the queue's, and undefined at first. */
export interface Waiting<T> {
  /** By `performance.now()`. */
  readonly startedAt: number;
  older: T | undefined;
  newer: T | undefined;
}

/** Things that wait, each once, for at most as long as the deadline is. */
export interface Deadlines<T> {
  readonly add: (item: T) => void;
  /** Nothing if it is not there (any more). */
  readonly delete: (item: T) => void;
}

/**
 * Makes a queue. What is in it `ms` after its own start leaves it and is given to `onDue`. The timer runs only while something waits.
 *
 * Linked by the items themselves, and what leaves is cut off: a `Set` would keep alive all that was in it, see `stream-table.ts`.
 */
export function createDeadlines<T extends Waiting<T>>(ms: number, onDue: (item: T) => void): Deadlines<T> {
  // In the order of coming, which is the order of being due.
  let oldest: T | undefined;
  let newest: T | undefined;
  let isTicking = false;

  function remove(item: T): void {
    const { older, newer } = item;
    if (older === undefined && item !== oldest) return;
    if (older === undefined) oldest = newer;
    else older.newer = newer;
    if (newer === undefined) newest = older;
    else newer.older = older;
    item.older = undefined;
    item.newer = undefined;
  }

  function tick(): void {
    const now = performance.now();
    try {
      for (let item = oldest; item !== undefined && item.startedAt + ms <= now; item = oldest) {
        remove(item);
        onDue(item);
      }
    } finally {
      // One that cannot be told must not leave all others without a deadline.
      isTicking = oldest !== undefined;
      if (isTicking) setTimeout(tick, TICK_MS);
    }
  }

  return {
    add(item) {
      item.older = newest;
      if (newest === undefined) oldest = item;
      else newest.newer = item;
      newest = item;
      if (isTicking) return;
      isTicking = true;
      setTimeout(tick, TICK_MS);
    },
    delete: remove,
  };
}
