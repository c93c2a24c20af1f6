/** Charging: a call counted in the store of the limits, or in this process while that is away, and given back where it was counted. */

import { MAX_COST } from '../ports/limits.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import { type ChargeResult, type Clock, type LimitStore, StoreUnavailableError, type WindowState } from '../ports/store.ts';
import type { Admission } from './admission.ts';
import { createLocalLimits } from './local-counter.ts';
import type { Plan } from './plans.ts';

/** Charges calls. */
export interface Charging {
  /**
   * Counts a call that costs `cost`, at once where the counts are in memory. A call that does not fit into the plan's windows is rejected with
   * `Rejection`: `rate_limited`, or `cost_over_limit` if it never will fit. Both have `quota`. Throws `RangeError` for a cost that is not a whole
   * number from 1 to `MAX_COST`.
   */
  charge(principal: Principal, plan: Plan, cost: number): Admission | Promise<Admission>;
}

export interface ChargingOptions {
  readonly limits: LimitStore;
  readonly clock: Clock;
  /** A charge in the shared store has failed for the first time: from now on each process counts by itself. */
  readonly onFallback?: ((error: StoreUnavailableError) => void) | undefined;
  /** The shared store has made a charge again. */
  readonly onShared?: (() => void) | undefined;
}

/** A charge as it was made. */
interface Charge {
  readonly store: LimitStore;
  readonly principal: Principal;
  readonly plan: Plan;
  readonly cost: number;
}

const FREE_OF_CHARGE: ChargeResult = { allowed: true, chargedAt: 0, states: [], retryAfterMs: 0, refusing: undefined };

/** Makes the only place that counts calls; nothing is counted yet in this process. */
export function createCharging({ limits, clock, onFallback, onShared }: ChargingOptions): Charging {
  const fallback = createLocalLimits();
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

  function ask({ store, principal, plan, cost }: Charge): ChargeResult | Promise<ChargeResult> {
    return plan.windows.length === 0 ? FREE_OF_CHARGE : store.charge(principal.keyId, plan.windows, cost, clock());
  }

  return {
    charge(principal, plan, cost) {
      if (!(Number.isInteger(cost) && cost >= 1 && cost <= MAX_COST)) throw new RangeError(`a call may not cost ${cost}`);
      const shared = { store: limits, principal, plan, cost };
      const movesBefore = moves;
      const result = ask(shared);
      if (!(result instanceof Promise)) return letIn(shared, result);
      return result.then(
        (late) => {
          note(movesBefore);
          return letIn(shared, late);
        },
        async (error: unknown) => {
          if (!(error instanceof StoreUnavailableError)) throw error;
          note(movesBefore, error);
          const local = { ...shared, store: fallback };
          return letIn(local, await ask(local));
        },
      );
    },
  };
}

/** The admission of a call that was charged; throws where it was refused. */
function letIn(charge: Charge, result: ChargeResult): Admission {
  if (!result.allowed) throw refusal(charge, result);
  const { store, principal, plan, cost } = charge;
  let isSettled = false;
  const settle = (failed: boolean): void => {
    if (isSettled) return;
    isSettled = true;
    if (!failed || plan.windows.length === 0) return;
    // A refund that is lost costs its caller one call of an hour; nothing waits for it.
    store.refund(principal.keyId, plan.windows, result.chargedAt, cost, { rejected: false }).catch(() => undefined);
  };
  return { principal, quota: nearestToExhaustion(result.states), settle };
}

/** The window with the smallest share left; among equals, the one that stays so the longest. */
function nearestToExhaustion(states: readonly WindowState[]): WindowState | undefined {
  let nearest: WindowState | undefined;
  for (const state of states) if (nearest === undefined || isNearer(state, nearest)) nearest = state;
  return nearest;
}

function isNearer(one: WindowState, other: WindowState): boolean {
  const difference = shareLeft(one) - shareLeft(other);
  return difference < 0 || (difference === 0 && one.resetMs > other.resetMs);
}

function shareLeft({ remaining, window }: WindowState): number {
  return remaining / window.limit;
}

function refusal({ principal: { keyId }, plan, cost }: Charge, { retryAfterMs, refusing, states }: ChargeResult): Rejection {
  const isFinal = retryAfterMs === Infinity;
  const metadata = {
    ...(refusing && { window: refusing.name, limit: String(refusing.limit) }),
    ...((isFinal || cost > 1) && { cost: String(cost) }),
    plan: plan.name,
  };
  if (isFinal) return new Rejection('cost_over_limit', { metadata, quota: nearestToExhaustion(states), keyId });
  // The headers describe the window that the error names.
  const quota = states.find(({ window }) => window === refusing);
  return new Rejection('rate_limited', { retryAfterMs, metadata, quota, keyId });
}
