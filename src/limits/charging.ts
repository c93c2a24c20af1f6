/** Charging: a call counted in the store of the limits, or in this process while that is away, and given back where it was counted. */

import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import { type ChargeResult, type Clock, type LimitStore, StoreUnavailableError, type WindowState } from '../ports/store.ts';
import type { Admission } from './admission.ts';
import { createLocalLimits } from './local-counter.ts';
import type { Plan } from './plans.ts';

/** Charges calls. What is over a limit is rejected with `Rejection` (`rate_limited`), which has `quota`. */
export interface Charging {
  /** Counts a call, at once where the counts are in memory. */
  charge(principal: Principal, plan: Plan): Admission | Promise<Admission>;
}

export interface ChargingOptions {
  readonly limits: LimitStore;
  readonly clock: Clock;
  /** Called for each call that was counted in this process alone, because the store of the limits is away. */
  readonly onFallback: (error: StoreUnavailableError) => void;
}

const FREE_OF_CHARGE: ChargeResult = { allowed: true, chargedAt: 0, states: [], retryAfterMs: 0 };

/** Makes the one place that counts calls; nothing is counted yet in this process. */
export function createCharging({ limits, clock, onFallback }: ChargingOptions): Charging {
  const fallback = createLocalLimits();

  function chargeIn(store: LimitStore, principal: Principal, plan: Plan): Admission | Promise<Admission> {
    if (plan.windows.length === 0) return letIn(store, principal, plan, FREE_OF_CHARGE);
    const result = store.charge(principal.keyId, plan.windows, clock());
    return result instanceof Promise
      ? result.then((late) => letIn(store, principal, plan, late))
      : letIn(store, principal, plan, result);
  }

  /** The admission of a call that was charged in `store`. */
  function letIn(store: LimitStore, principal: Principal, plan: Plan, result: ChargeResult): Admission {
    const quota = nearestToExhaustion(result.states);
    if (!result.allowed) throw rateLimited(principal, plan, result, quota);
    let isSettled = false;
    const settle = (failed: boolean): void => {
      if (isSettled) return;
      isSettled = true;
      // A refund that is lost costs its caller one call of an hour; nothing waits for it.
      if (failed && plan.windows.length > 0) store.refund(principal.keyId, plan.windows, result.chargedAt).catch(() => undefined);
    };
    return { principal, quota, settle };
  }

  function chargeHere(principal: Principal, plan: Plan, error: unknown): Admission | Promise<Admission> {
    if (!(error instanceof StoreUnavailableError)) throw error;
    onFallback(error);
    return chargeIn(fallback, principal, plan);
  }

  return {
    charge(principal, plan) {
      const admission = chargeIn(limits, principal, plan);
      return admission instanceof Promise ? admission.catch((error: unknown) => chargeHere(principal, plan, error)) : admission;
    },
  };
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

function rateLimited(
  { keyId }: Principal,
  plan: Plan,
  { retryAfterMs }: ChargeResult,
  quota: WindowState | undefined,
): Rejection {
  const metadata = quota && { window: quota.window.name, limit: String(quota.window.limit), plan: plan.name };
  return new Rejection('rate_limited', { retryAfterMs, metadata: metadata ?? {}, quota, keyId });
}
