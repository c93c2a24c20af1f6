/**
 * Which callers are charged before their requests are read, as all are whose charge travels with nothing: those whose limits were full, or could
 * not be asked, the last time. So neither is anything done for a caller who keeps calling over its limits, nor does a charge get lost whenever a
 * judgement does that has carried it.
 */
import type { Admission } from './admission.ts';

/** Beyond this many, the caller noted first counts as one without trouble: that costs the reading of a request. */
const MAX_CALLERS = 10_000;

/** A bounded set of API keys' ids. */
export interface ChargeFirst {
  readonly has: (keyId: string) => boolean;
  readonly add: (keyId: string) => void;
  /** The admission of a caller that was charged first, who is no more once the call has gone well. */
  readonly watched: (admission: Admission) => Admission;
}

export function createChargeFirst(): ChargeFirst {
  const callers = new Set<string>();
  return {
    has: (keyId) => callers.has(keyId),
    add(keyId) {
      callers.add(keyId);
      if (callers.size <= MAX_CALLERS) return;
      for (const oldest of callers) {
        callers.delete(oldest);
        return;
      }
    },
    watched: (admission) => ({
      ...admission,
      settle(failed) {
        if (!failed) callers.delete(admission.principal.keyId);
        admission.settle(failed);
      },
    }),
  };
}
