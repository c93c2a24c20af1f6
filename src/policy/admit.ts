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
   * Lets a call in, or throws `Rejection`: those of `Authenticator`, `rate_limited` and `scope_missing`, the last two with `quota`. A call
   * without the scope is charged, because it did cost, and given back to the hour and the day like any that fails.
   */
  (call: IncomingCall): Promise<Admission>;
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

/** A charge and the way to give it back. */
interface Charge {
  readonly result: ChargeResult;
  readonly refund: () => void;
}

/** Makes the one gate that all calls pass. */
export function createAdmit({ authenticator, limits, plans, clock, onFallback }: AdmitOptions): Admit {
  const fallback = createLocalLimits();
  const openStream = createStreams();

  async function chargeIn(store: LimitStore, keyId: string, { windows }: Plan): Promise<Charge> {
    const result = await store.charge(keyId, windows, clock());
    // A refund that is lost costs its caller one call of an hour; nothing waits for it.
    return { result, refund: () => void store.refund(keyId, windows, result.chargedAt).catch(() => undefined) };
  }

  async function charge(keyId: string, plan: Plan): Promise<Charge> {
    try {
      return await chargeIn(limits, keyId, plan);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      onFallback?.(error);
      return chargeIn(fallback, keyId, plan);
    }
  }

  async function admit({ apiKey, peer, scope }: IncomingCall): Promise<Admission> {
    const principal = await authenticator.authenticate(apiKey, peer);
    const plan = planOf(plans, principal.plan);
    const { result, refund } = plan.windows.length === 0 ? FREE_OF_CHARGE : await charge(principal.keyId, plan);
    const quota = nearestToExhaustion(result.states);
    if (!result.allowed) throw rateLimited(principal, plan, result, quota);
    if (!principal.scopes.has(scope)) {
      refund();
      throw new Rejection('scope_missing', { metadata: { scope }, quota, keyId: principal.keyId });
    }
    return { principal, quota, settle: once((failed) => failed && refund()) };
  }

  return Object.assign(admit, {
    openStream: (principal: Principal) => openStream(principal.keyId, planOf(plans, principal.plan)),
  });
}

const FREE_OF_CHARGE: Charge = { result: { allowed: true, chargedAt: 0, states: [], retryAfterMs: 0 }, refund: () => undefined };

/** The window with the smallest share left; among equals, the one that stays so the longest. */
function nearestToExhaustion(states: readonly WindowState[]): WindowState | undefined {
  return states.toSorted((one, other) => shareLeft(one) - shareLeft(other) || other.resetMs - one.resetMs)[0];
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

/** A function whose first call counts. */
function once(settle: (failed: boolean) => void): (failed: boolean) => void {
  let settled = false;
  return (failed) => {
    if (settled) return;
    settled = true;
    settle(failed);
  };
}
