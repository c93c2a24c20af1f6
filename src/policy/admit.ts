/** Admission: whether a call may go on, in one place for every transport: authenticated, charged, in scope. */
import type { Authenticator } from './authenticate.ts';
import { createLocalLimits } from './local-limits.ts';
import { type Plan, type Plans, planOf } from './plans.ts';
import type { Principal, Scope } from './principal.ts';
import { Rejection } from './rejection.ts';
import { type ChargeResult, type Clock, type LimitStore, StoreUnavailableError, type WindowState } from './store.ts';
import { createStreams } from './streams.ts';

/** A call as a transport sees it before it reads the request. */
export interface IncomingCall {
  readonly apiKey: string | undefined;
  /** The caller's address with its port. */
  readonly peer: string;
  /** What the method needs. */
  readonly scope: Scope;
}

/** A call that was let in. */
export interface Admission {
  readonly principal: Principal;
  /** The window nearest to exhaustion; undefined on a plan without limits. */
  readonly quota: WindowState | undefined;
  /** To be told once how the call ended: one that failed is given back to the hour and the day. Never throws; later calls do nothing. */
  settle(failed: boolean): void;
}

export interface Admit {
  /**
   * Lets a call in, or rejects with `Rejection`: those of `Authenticator`, `rate_limited` and `scope_missing`, the last two with `quota`. A call
   * without the scope is charged, because it did cost, and given back to the hour and the day like any that fails. At once where nothing has
   * to be waited for: turns of the event loop are a good part of what a call costs.
   */
  (call: IncomingCall): Admission | Promise<Admission>;
  /** Counts a stream of the principal as open, or throws `Rejection` (`too_many_streams`); gives its release, which may be called twice. */
  openStream(principal: Principal): () => void;
}

export interface AdmitOptions {
  readonly authenticator: Authenticator;
  readonly limits: LimitStore;
  readonly plans: Plans;
  readonly clock: Clock;
  /** Called for each call that was counted in this process alone, because the store of the limits is away. */
  readonly onFallback?: ((error: StoreUnavailableError) => void) | undefined;
}

/** Makes the one gate that all calls pass. */
export function createAdmit({ authenticator, limits, plans, clock, onFallback }: AdmitOptions): Admit {
  const fallback = createLocalLimits();
  const openStream = createStreams();

  function chargeFallback(principal: Principal, plan: Plan, scope: Scope, error: unknown): Admission | Promise<Admission> {
    if (!(error instanceof StoreUnavailableError)) throw error;
    onFallback?.(error);
    return chargeIn(fallback, principal, plan, scope);
  }

  function enter(principal: Principal, scope: Scope): Admission | Promise<Admission> {
    const plan = planOf(plans, principal.plan);
    const admission = chargeIn(limits, principal, plan, scope);
    return admission instanceof Promise
      ? admission.catch((error: unknown) => chargeFallback(principal, plan, scope, error))
      : admission;
  }

  function chargeIn(store: LimitStore, principal: Principal, plan: Plan, scope: Scope): Admission | Promise<Admission> {
    if (plan.windows.length === 0) return letIn(store, principal, plan, scope, FREE_OF_CHARGE);
    const result = store.charge(principal.keyId, plan.windows, clock());
    return result instanceof Promise
      ? result.then((late) => letIn(store, principal, plan, scope, late))
      : letIn(store, principal, plan, scope, result);
  }

  function admit({ apiKey, peer, scope }: IncomingCall): Admission | Promise<Admission> {
    try {
      const principal = authenticator.authenticate(apiKey, peer);
      return principal instanceof Promise ? principal.then((late) => enter(late, scope)) : enter(principal, scope);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return Object.assign(admit, {
    openStream: (principal: Principal) => openStream(principal.keyId, planOf(plans, principal.plan)),
  });
}

const FREE_OF_CHARGE: ChargeResult = { allowed: true, chargedAt: 0, states: [], retryAfterMs: 0 };

/** The admission of a call that was charged in `store`. */
function letIn(store: LimitStore, principal: Principal, plan: Plan, scope: Scope, result: ChargeResult): Admission {
  const quota = nearestToExhaustion(result.states);
  if (!result.allowed) throw rateLimited(principal, plan, result, quota);
  let isSettled = false;
  const settle = (failed: boolean): void => {
    if (isSettled) return;
    isSettled = true;
    // A refund that is lost costs its caller one call of an hour; nothing waits for it.
    if (failed && plan.windows.length > 0) store.refund(principal.keyId, plan.windows, result.chargedAt).catch(() => undefined);
  };
  if (!principal.scopes.has(scope)) {
    settle(true);
    throw new Rejection('scope_missing', { metadata: { scope }, quota, keyId: principal.keyId });
  }
  return { principal, quota, settle };
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
