/** Admission: whether a call may go on, in one place for every door: authenticated, charged, in scope. */
import type { Authenticator } from '../auth/authenticator.ts';
import type { Admission } from '../limits/admission.ts';
import type { Charging } from '../limits/charging.ts';
import { createPermits } from '../limits/permits.ts';
import { type Plans, planOf, withoutMonth } from '../limits/plans.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import type { Step } from './call.ts';
import type { RequiredScope } from './method.ts';

/** A call as admission sees it, before the request is read. */
export interface Applicant {
  readonly apiKey: string | undefined;
  /** The caller's address with its port. */
  readonly peer: string;
  /** The scope that the method needs; undefined where the method is known only once the request is read, and `requireScope` follows. */
  readonly scope: RequiredScope | undefined;
  /** As in `UnaryMethod`. */
  readonly isFree?: boolean | undefined;
  /** Told of each step as it begins. */
  readonly take: (step: Step) => void;
}

export interface Admit {
  /**
   * Lets a call in, or rejects with `Rejection`: those of `Authenticator` and `Charging`, and `scope_missing` with `quota`. A call
   * without the scope is charged, because it had a cost, and is given back to all windows but the minute like any failed call. At once where nothing has
   * to be waited for: turns of the event loop are a good part of what a call costs.
   */
  admit(applicant: Applicant): Admission | Promise<Admission>;
  /**
   * Counts a stream of the principal as open, or throws `Rejection` (`too_many_streams`), and watches the API key that it was let in with:
   * `onEnded` is told, once, when that ends (`Authenticator.watch`). Gives the release of both, which may be called twice.
   */
  openStream(principal: Principal, apiKey: string, onEnded: (reason: unknown) => void): () => void;
}

/** The cost of each call. */
const COST_OF_A_CALL = 1;

export interface AdmitOptions {
  readonly authenticator: Authenticator;
  readonly charging: Charging;
  /** The plans in force, which may change. */
  readonly plans: () => Plans;
}

/** Makes the gate that all calls pass. The open streams are counted by this process, since they are its own. */
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

/** Throws `Rejection` (`scope_missing`, with `quota`) if a call that was let in lacks the scope. */
export function requireScope({ principal, quota, creditShare }: Admission, scope: RequiredScope): void {
  if (scope !== 'any' && !principal.scopes.has(scope))
    throw new Rejection('scope_missing', { metadata: { scope }, quota, creditShare, keyId: principal.keyId });
}
