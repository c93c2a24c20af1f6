/** Charging: counts a call in the shared store, or in this process while the store is unavailable, and refunds it where it was counted. */
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
   * Counts a call that costs `cost`; synchronous if the counts are in memory. Throws `Rejection` for a call that does not fit into the plan's windows:
   * `credits_exhausted` if the month has the longest wait, `cost_over_limit` if the call can never fit, and `rate_limited` otherwise, each with `quota`.
   * Throws `RangeError` for a cost that is not a whole number from 1 to `MAX_COST`.
   */
  charge(principal: Principal, plan: Plan, cost: number): Admission | Promise<Admission>;
}

/** A share of its monthly credits that an API key has reached for the first time in the month. */
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
  /** Called when a charge in the shared store fails for the first time: from then on each process counts separately. */
  readonly onFallback?: ((error: StoreUnavailableError) => void) | undefined;
  /** Called once for each warning, by the process whose charge caused it. Charges counted without the shared store cause no warnings. */
  readonly onWarning?: ((warning: CreditWarning) => void) | undefined;
  /** Called when the shared store works again. */
  readonly onShared?: (() => void) | undefined;
}

/** Makes the charging, the only place that counts calls. */
export function createCharging({ limits, clock, onFallback, onShared, onWarning }: ChargingOptions): Charging {
  const fallback = createLocalLimits();
  const free: Counted = {
    store: fallback,
    result: { allowed: true, chargedAt: 0, states: [], retryAfterMs: 0, refusing: undefined },
  };
  /** How often counting has moved between the shared store and this process; even while it is shared. */
  let moves = 0;

  /**
   * Notes the outcome of a charge in the shared store. If counting has moved since the charge began, the outcome is ignored, so that no outage is reported
   * twice.
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
