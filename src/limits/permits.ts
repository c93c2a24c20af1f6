/** Permits: a bounded number of something that each holder may have at a time. */

export interface Permits {
  /**
   * Takes a permit for `id` unless it holds `most` already. Returns the function that releases it, whose further calls do nothing; undefined if there is
   * no permit.
   */
  take(id: string, most: number): (() => void) | undefined;
}

/** Makes an empty count. It holds only ids with permits in use, so it grows with the work in progress. */
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
