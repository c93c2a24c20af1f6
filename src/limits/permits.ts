/** Permits: how many of something may be held at a time, counted by the holder. */

export interface Permits {
  /** Takes one for `id`, unless it holds `most` already; gives its release, of which only the first call counts, or undefined. */
  take(id: string, most: number): (() => void) | undefined;
}

/** Makes a count. It holds only ids with permits in use, so it grows with what is under way. */
export function createPermits(): Permits {
  const taken = new Map<string, number>();

  function giveBack(id: string): void {
    const left = (taken.get(id) ?? 0) - 1;
    if (left > 0) taken.set(id, left);
    else taken.delete(id);
  }

  return {
    take(id, most) {
      const before = taken.get(id) ?? 0;
      if (before >= most) return undefined;
      taken.set(id, before + 1);
      let isReleased = false;
      return () => {
        if (!isReleased) giveBack(id);
        isReleased = true;
      };
    },
  };
}
