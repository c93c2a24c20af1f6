/**
 * Which callers are charged before their requests are read, though their charge could travel with the judgement: those whose limits were full, or
 * could not be asked, the last time. Refused without asking they are not: an operator's plan, a call given back or another instance may have made
 * room since. So a request over the limit is not read, and an outage that leaves judgements unanswered leaves no more than one charge with them.
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

/** Makes an empty set. */
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
