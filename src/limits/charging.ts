/** Charging: a call counted in the store of the limits, or in this process while that is away, and given back where it was counted. */
import type { Principal } from '../ports/principal.ts';
import { type ChargeResult, type Clock, type LimitStore, StoreUnavailableError } from '../ports/store.ts';
import type { Admission } from './admission.ts';
import { monthName } from './calendar-month.ts';
import { ChargedCall, type Counted } from './charged-call.ts';
import { createLocalLimits } from './local-counter.ts';
import type { Plan } from './plans.ts';

/** Charges calls. */
export interface Charging {
  /**
   * Counts a call that costs `cost`, at once where the counts are in memory. A call that does not fit into the plan's windows is rejected with
   * `Rejection`: `rate_limited`, `credits_exhausted` if the month is the last window to have room, or `cost_over_limit` if it never will fit. All have `quota`. Throws `RangeError` for a cost that is not a whole
   * number from 1 to `MAX_COST`.
   */
  charge(principal: Principal, plan: Plan, cost: number): Admission | Promise<Admission>;
}

/** A share of the credits of a month that an API key has come to, for the first time in the month. */
export interface CreditWarning {
  readonly keyId: string;
  readonly plan: string;
  /** In percent: one of `CREDIT_WARNINGS`. */
  readonly threshold: number;
  /** As `2026-11`. */
  readonly month: string;
}

export interface ChargingOptions {
  readonly limits: LimitStore;
  readonly clock: Clock;
  /** A charge in the shared store has failed for the first time: from now on each process counts by itself. */
  readonly onFallback?: ((error: StoreUnavailableError) => void) | undefined;
  /** Told of each warning once, by the process whose charge it was. Counts of a time without the shared store warn of nothing. */
  readonly onWarning?: ((warning: CreditWarning) => void) | undefined;
  /** The shared store has made a charge again. */
  readonly onShared?: (() => void) | undefined;
}

/** Makes the only place that counts calls; nothing is counted yet in this process. */
export function createCharging({ limits, clock, onFallback, onShared, onWarning }: ChargingOptions): Charging {
  const fallback = createLocalLimits();
  const free: Counted = {
    store: fallback,
    result: { allowed: true, chargedAt: 0, states: [], retryAfterMs: 0, refusing: undefined },
  };
  /** How often the counting has moved between the shared store and this process. Even: it is shared. */
  let moves = 0;

  /**
   * Takes note of how a charge ended in the shared store. If the counting has moved since it was begun, it moves nothing, so that no outage is
   * told twice.
   */
  function note(movesBefore: number, failure?: StoreUnavailableError): void {
    const isShared = moves % 2 === 0;
    if (movesBefore !== moves || isShared === (failure === undefined)) return;
    moves += 1;
    if (failure === undefined) onShared?.();
    else onFallback?.(failure);
  }

  function warn({ keyId }: Principal, { name }: Plan, { chargedAt, warnings = [] }: ChargeResult): void {
    for (const threshold of warnings) onWarning?.({ keyId, plan: name, threshold, month: monthName(chargedAt) });
  }

  function count(principal: Principal, plan: Plan, cost: number): Counted | Promise<Counted> {
    if (plan.windows.length === 0) return free;
    const askOf = (store: LimitStore) => store.charge(principal.keyId, plan.windows, cost, clock());
    const movesBefore = moves;
    const result = askOf(limits);
    if (!(result instanceof Promise)) {
      warn(principal, plan, result);
      return { store: limits, result };
    }
    return result.then(
      (late) => {
        note(movesBefore);
        warn(principal, plan, late);
        return { store: limits, result: late };
      },
      async (error: unknown) => {
        if (!(error instanceof StoreUnavailableError)) throw error;
        note(movesBefore, error);
        return { store: fallback, result: await askOf(fallback) };
      },
    );
  }

  return {
    charge(principal, plan, cost) {
      const call = new ChargedCall(principal, plan, count);
      const charged = call.charge(cost);
      return charged instanceof Promise ? charged.then(() => call) : call;
    },
  };
}
