/** When API keys were last used, as far as the store was not told yet. */

/** Ten times the keys that are remembered. With more, the key that waits the longest is forgotten. */
const MAX_WAITING = 100_000;
/** Taken at once, so that no number of keys makes the writing a long one. */
const TURN = 2_000;

export interface KeyUses {
  /** The key was used at `now`, in ms since the epoch. */
  note(id: string, now: number): void;
  /** Takes out the keys whose turn it is: the 2,000 that wait the longest. */
  take(): Map<string, number>;
  takeAll(): Map<string, number>;
  /** Puts back what was taken and could not be written; what was noted since is newer. */
  putBack(uses: ReadonlyMap<string, number>): void;
}

/** Makes an empty table. */
export function createKeyUses(): KeyUses {
  /** In the order in which keys began to wait, which a further use does not change: an LRU would let the busiest wait for ever. */
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
