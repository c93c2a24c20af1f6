/** The last uses of API keys that are not stored yet. */

/** Ten times the cached keys. If more wait, the key that has waited the longest is forgotten. */
const MAX_WAITING = 100_000;
/** The most uses written at once, so that a write takes a bounded time for any number of keys. */
const TURN = 2_000;

export interface KeyUses {
  /** Notes that the key was used at `now`, in ms since the epoch. */
  note(id: string, now: number): void;
  /** Removes and returns the next uses: the 2,000 that have waited the longest. */
  take(): Map<string, number>;
  takeAll(): Map<string, number>;
  /** Puts back uses that could not be written; a use noted since then is newer and stays. */
  putBack(uses: ReadonlyMap<string, number>): void;
}

/** Makes an empty table. */
export function createKeyUses(): KeyUses {
  /** In the order in which keys began to wait, which a further use does not change: in an LRU the busiest keys would wait for ever. */
  const waiting = new Map<string, number>();

  function note(id: string, now: number): void {
    waiting.set(id, now);
    if (waiting.size > MAX_WAITING) take(1);
  }

  function take(most: number): Map<string, number> {
    const uses = new Map<string, number>();
    for (const [id, at] of waiting) {
      if (uses.size === most) break;
      uses.set(id, at);
      waiting.delete(id);
    }
    return uses;
  }

  return {
    note,
    take: () => take(TURN),
    takeAll: () => take(MAX_WAITING),
    putBack(uses) {
      for (const [id, at] of uses) if (!waiting.has(id)) note(id, at);
    },
  };
}
