/** Admission: whether a call may go on, in one place for every transport: authenticated, charged, in scope. */

import type { Authenticator } from '../auth/authenticator.ts';
import type { Admission } from '../limits/admission.ts';
import { createChargeFirst } from '../limits/charge-first.ts';
import { createCharging } from '../limits/charging.ts';
import { DeferredAdmission } from '../limits/deferred-charge.ts';
import { createDueCharges } from '../limits/due-charges.ts';
import { createStreams } from '../limits/open-streams.ts';
import { type Plans, planOf } from '../limits/plans.ts';
import type { Principal, Scope } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import type { Clock, LimitStore, StoreUnavailableError } from '../ports/store.ts';

/** A call as a transport sees it before it reads the request. */
export interface IncomingCall {
  readonly apiKey: string | undefined;
  /** The caller's address with its port. */
  readonly peer: string;
  /** What the method needs. */
  readonly scope: Scope;
  /** Whether the method can have its charge made by what it asks of the store: then it may be let in with a charge that is due. */
  readonly carriesCharge?: boolean | undefined;
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
  /** Watches the key of a call that goes on (`Authenticator.watch`). */
  readonly watch: Authenticator['watch'];
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
  const openStream = createStreams();
  const first = createChargeFirst();
  const takePlace = createDueCharges();
  const noteTrouble = ({ keyId }: Principal): void => {
    if (limits.isCarried) first.add(keyId);
  };
  const charging = createCharging({
    limits,
    clock,
    onFallback(principal, error) {
      noteTrouble(principal);
      onFallback?.(error);
    },
    onRefused: noteTrouble,
  });

  function enter(principal: Principal, { scope, carriesCharge }: IncomingCall): Admission | Promise<Admission> {
    const plan = planOf(plans, principal.plan);
    const canWait = carriesCharge && limits.isCarried && plan.windows.length > 0 && principal.scopes.has(scope);
    const leavePlace = canWait && !first.has(principal.keyId) ? takePlace(principal.keyId, plan) : undefined;
    if (leavePlace !== undefined) return new DeferredAdmission(principal, plan, charging, leavePlace);
    const admission = charging.charge(principal, plan);
    if (!(admission instanceof Promise)) return inScope(admission, scope);
    return admission.then((late) => inScope(canWait ? first.watched(late) : late, scope));
  }

  function admit(call: IncomingCall): Admission | Promise<Admission> {
    try {
      const principal = authenticator.authenticate(call.apiKey, call.peer);
      return principal instanceof Promise ? principal.then((late) => enter(late, call)) : enter(principal, call);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return Object.assign(admit, {
    openStream: (principal: Principal) => openStream(principal.keyId, planOf(plans, principal.plan)),
    watch: authenticator.watch,
  });
}

function inScope(admission: Admission, scope: Scope): Admission {
  const { principal, quota } = admission;
  if (principal.scopes.has(scope)) return admission;
  admission.settle(true);
  throw new Rejection('scope_missing', { metadata: { scope }, quota, keyId: principal.keyId });
}
