/** Admission: whether a call may go on, in one place for every transport: authenticated, charged, in scope. */

import type { Authenticator } from '../auth/authenticator.ts';
import type { Admission } from '../limits/admission.ts';
import { createCharging } from '../limits/charging.ts';
import type { FallbackEvents } from '../limits/fallback-state.ts';
import { createStreams } from '../limits/open-streams.ts';
import { type Plans, planOf } from '../limits/plans.ts';
import type { Principal, Scope } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import type { Clock, LimitStore } from '../ports/store.ts';

/** A call as a transport sees it before it reads the request. */
export interface IncomingCall {
  readonly apiKey: string | undefined;
  /** The caller's address with its port. */
  readonly peer: string;
  /** What the method needs. */
  readonly scope: Scope;
}

export interface Admit {
  /**
   * Lets a call in, or rejects with `Rejection`: those of `Authenticator` and `Charging`, and `scope_missing` with `quota`. A call
   * without the scope is charged, because it did cost, and given back to the hour and the day like any that fails. At once where nothing has
   * to be waited for: turns of the event loop are a good part of what a call costs.
   */
  (call: IncomingCall): Admission | Promise<Admission>;
  /** Counts a stream of the principal as open, or throws `Rejection` (`too_many_streams`); gives its release, which may be called twice. */
  openStream(principal: Principal): () => void;
}

/** What each call costs. */
const COST_OF_A_CALL = 1;

export interface AdmitOptions extends FallbackEvents {
  readonly authenticator: Authenticator;
  readonly limits: LimitStore;
  readonly plans: Plans;
  readonly clock: Clock;
}

/** Makes the one gate that all calls pass. */
export function createAdmit({ authenticator, limits, plans, clock, ...events }: AdmitOptions): Admit {
  const openStream = createStreams();
  const charging = createCharging({ limits, clock, ...events });

  function enter(principal: Principal, { scope }: IncomingCall): Admission | Promise<Admission> {
    const admission = charging.charge(principal, planOf(plans, principal.plan), COST_OF_A_CALL);
    return admission instanceof Promise ? admission.then((late) => inScope(late, scope)) : inScope(admission, scope);
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
  });
}

function inScope(admission: Admission, scope: Scope): Admission {
  const { principal, quota } = admission;
  if (principal.scopes.has(scope)) return admission;
  admission.settle(true);
  throw new Rejection('scope_missing', { metadata: { scope }, quota, keyId: principal.keyId });
}
