/** Places that are taken and left again, counted by who has taken them. */

export interface Places {
  /** Takes one for `id`, unless it has `most` already; gives its release, of which only the first call counts, or undefined. */
  take(id: string, most: number): (() => void) | undefined;
}

/** Makes a count. Whoever has no place is not in it: it is as large as what is under way. */
export function createPlaces(): Places {
  const taken = new Map<string, number>();

  function leave(id: string): void {
    const left = (taken.get(id) ?? 0) - 1;
    if (left > 0) taken.set(id, left);
    else taken.delete(id);
  }

  return {
    take(id, most) {
      const before = taken.get(id) ?? 0;
      if (before >= most) return undefined;
      taken.set(id, before + 1);
      let isLeft = false;
      return () => {
        if (!isLeft) leave(id);
        isLeft = true;
      };
    },
  };
}
