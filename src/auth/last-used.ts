/** When API keys were last used, as far as the store was not told yet. */
import { createIdTable } from '../util/id-table.ts';
import { NONE } from '../util/lru-slots.ts';

/** With more, the key that waits the longest is forgotten. */
const MAX_WAITING = 150_000;
/** Taken at once, so that no number of keys makes the writing a long one. */
const TURN = 2_000;
/** Keys that wait above this number are taken too: there would soon be no room for them. */
const CROWD = 100_000;

export interface KeyUses {
  /** The key was used at `now`, in ms since the epoch. */
  note(id: string, now: number): void;
  /** Takes out the keys whose turn it is, those that wait the longest: 2,000, or more of a crowd. */
  take(): Map<string, number>;
  takeAll(): Map<string, number>;
  /** Puts back what was taken and could not be written; what was noted since is newer. */
  putBack(uses: ReadonlyMap<string, number>): void;
}

/** Makes an empty table. */
export function createKeyUses(): KeyUses {
  const ids = createIdTable(MAX_WAITING);
  const usedAt = new Float64Array(MAX_WAITING);

  function add(id: string, now: number): void {
    if (ids.rows.size === MAX_WAITING) ids.remove(ids.rows.oldest);
    usedAt[ids.add(id)] = now;
  }

  function take(most: number): Map<string, number> {
    const uses = new Map<string, number>();
    while (uses.size < most && ids.rows.size > 0) {
      const row = ids.rows.oldest;
      uses.set(ids.idOf(row), usedAt[row] as number);
      ids.remove(row);
    }
    return uses;
  }

  return {
    note(id, now) {
      const row = ids.find(id);
      if (row === NONE) add(id, now);
      else usedAt[row] = now;
    },
    take: () => take(Math.max(TURN, ids.rows.size - CROWD)),
    takeAll: () => take(MAX_WAITING),
    putBack(uses) {
      for (const [id, at] of uses) if (ids.find(id) === NONE) add(id, at);
    },
  };
}
