/** Admission: authenticates, charges and checks the scope of a call, in one place for every door. */
import type { Authenticator } from '../auth/authenticator.ts';
import type { Admission } from '../limits/admission.ts';
import type { Charging } from '../limits/charging.ts';
import { createPermits } from '../limits/permits.ts';
import { type Plans, planOf, withoutMonth } from '../limits/plans.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import type { Step } from './call.ts';
import type { RequiredScope } from './method.ts';

/** A call as admission sees it, before its request is read. */
export interface Applicant {
  readonly apiKey: string | undefined;
  /** The caller's address with its port. */
  readonly peer: string;
  /** The scope that the method requires; undefined if the method is known only once the request is read, and `requireScope` follows. */
  readonly scope: RequiredScope | undefined;
  /** As in `UnaryMethod`. */
  readonly isFree?: boolean | undefined;
  /** Called as each step begins. */
  readonly take: (step: Step) => void;
}

export interface Admit {
  /**
   * Admits a call, or rejects with `Rejection`: the reasons of `Authenticator` and `Charging`, and `scope_missing` with `quota`. A call without the scope is
   * charged, since it had a cost, and refunded to all windows but the minute like any failed call. Synchronous if nothing has to be awaited: turns of the
   * event loop are a good part of the cost of a call.
   */
  admit(applicant: Applicant): Admission | Promise<Admission>;
  /**
   * Counts a stream of the principal as open, or throws `Rejection` (`too_many_streams`), and watches the API key that admitted it: `onEnded` is called once
   * when that key ends (`Authenticator.watch`). Returns the function that releases both, which may be called twice.
   */
  openStream(principal: Principal, apiKey: string, onEnded: (reason: unknown) => void): () => void;
}

/** The cost of each call. */
const COST_OF_A_CALL = 1;

export interface AdmitOptions {
  readonly authenticator: Authenticator;
  readonly charging: Charging;
  /** The current plans, which may change. */
  readonly plans: () => Plans;
}

/** Makes the gate that all calls pass. This process counts its open streams itself. */
export function createAdmit({ authenticator, charging, plans }: AdmitOptions): Admit {
  const streams = createPermits();

  function charge(principal: Principal, applicant: Applicant): Admission | Promise<Admission> {
    applicant.take('charge');
    const plan = planOf(plans(), principal.plan);
    const admission = charging.charge(principal, applicant.isFree ? withoutMonth(plan) : plan, COST_OF_A_CALL);
    return admission instanceof Promise ? admission.then((late) => inScope(late, applicant)) : inScope(admission, applicant);
  }

  return {
    admit(applicant) {
      applicant.take('authenticate');
      const principal = authenticator.authenticate(applicant.apiKey, applicant.peer);
      return principal instanceof Promise ? principal.then((late) => charge(late, applicant)) : charge(principal, applicant);
    },
    openStream(principal, apiKey, onEnded) {
      const { streams: most } = planOf(plans(), principal.plan);
      const release = streams.take(principal.keyId, most);
      if (release === undefined)
        throw new Rejection('too_many_streams', { metadata: { limit: String(most) }, keyId: principal.keyId });
      const endWatch = authenticator.watch(apiKey, onEnded);
      return () => {
        release();
        endWatch();
      };
    },
  };
}

function inScope(admission: Admission, { scope, take }: Applicant): Admission {
  if (scope === undefined) return admission;
  take('scope');
  try {
    requireScope(admission, scope);
    return admission;
  } catch (error) {
    admission.settle(true);
    throw error;
  }
}

/** Throws `Rejection` (`scope_missing`, with `quota`) if an admitted call lacks the scope. */
export function requireScope({ principal, quota, creditShare }: Admission, scope: RequiredScope): void {
  if (scope !== 'any' && !principal.scopes.has(scope))
    throw new Rejection('scope_missing', { metadata: { scope }, quota, creditShare, keyId: principal.keyId });
}
