/** The outcomes of the last hour, in memory, for operators who look at this process. */
import type { Verdict } from '../rpc/context.ts';

const MINUTE_MS = 60_000;
/** Buckets of a minute each. */
const BUCKETS = 60;

export interface RecentOutcomes {
  /** Counts verdicts at `now`, in ms since the epoch. */
  readonly note: (verdicts: readonly Verdict[], now: number) => void;
  /** The number of each outcome in the minute of `now` and the 59 minutes before it. */
  readonly lastHour: (now: number) => ReadonlyMap<string, number>;
}

interface Bucket {
  /** Minutes since the epoch. */
  minute: number;
  readonly counts: Map<string, number>;
}

/** Makes an empty count. There are few outcomes, so the memory is bounded. */
export function createRecentOutcomes(): RecentOutcomes {
  const ring: Bucket[] = Array.from({ length: BUCKETS }, () => ({ minute: Number.NaN, counts: new Map() }));
  return {
    note(verdicts, now) {
      const minute = Math.floor(now / MINUTE_MS);
      const bucket = ring[minute % BUCKETS];
      if (bucket === undefined) throw new RangeError('the clock is before 1970');
      if (bucket.minute !== minute) {
        bucket.minute = minute;
        bucket.counts.clear();
      }
      for (const { outcome } of verdicts) bucket.counts.set(outcome, (bucket.counts.get(outcome) ?? 0) + 1);
    },
    lastHour(now) {
      const minute = Math.floor(now / MINUTE_MS);
      const total = new Map<string, number>();
      for (const bucket of ring) {
        // After the clock was set back there may be minutes in the future.
        if (!(bucket.minute <= minute && bucket.minute > minute - BUCKETS)) continue;
        for (const [outcome, count] of bucket.counts) total.set(outcome, (total.get(outcome) ?? 0) + count);
      }
      return total;
    },
  };
}
