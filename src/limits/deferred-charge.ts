/** A call that is let in before it is charged, so that its charge can travel with the judgement that it asks for. */

import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import { type CarriedCharge, StoreUnavailableError, type WindowState } from '../ports/store.ts';
import type { Admission, DueCharge } from './admission.ts';
import type { Charging } from './charging.ts';
import type { Plan } from './plans.ts';

/** Lets a call in whose charge is due. However the call ends it is charged, once: by the step that carries the charge, or by itself. */
export class DeferredAdmission implements Admission, DueCharge {
  readonly principal: Principal;
  quota: WindowState | undefined = undefined;
  readonly #plan: Plan;
  readonly #charging: Charging;
  readonly #onMade: () => void;
  /** What comes of the charge, from the moment on that it is under way. */
  #outcome: Promise<Admission> | undefined;
  #isDue = true;

  /** `onMade` is told once when the charge is no longer due, whatever came of it. */
  constructor(principal: Principal, plan: Plan, charging: Charging, onMade: () => void) {
    this.principal = principal;
    this.#plan = plan;
    this.#charging = charging;
    this.#onMade = onMade;
  }

  get due(): DueCharge | undefined {
    return this.#isDue ? this : undefined;
  }

  made(): Promise<Admission> {
    this.#outcome ??= this.#take(async () => this.#charging.charge(this.principal, this.#plan));
    return this.#outcome;
  }

  async carriedBy<T>(step: (charge: CarriedCharge) => Promise<T>): Promise<T> {
    if (this.#outcome !== undefined) throw new Error('a charge is made once');
    const { promise, resolve, reject } = Promise.withResolvers<Admission>();
    this.#outcome = this.#take(() => promise);
    let isMade = false;
    const made: CarriedCharge['made'] = (result) => {
      isMade = true;
      try {
        resolve(this.#charging.admissionOf(this.principal, this.#plan, result));
      } catch (refusal) {
        reject(refusal);
        throw refusal;
      }
    };
    let failure: unknown;
    try {
      return await step({ subject: this.principal.keyId, windows: this.#plan.windows, made });
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      if (!isMade) resolve(this.#chargeAfter(failure));
    }
  }

  settle(failed: boolean): void {
    this.made().then(
      (admission) => admission.settle(failed),
      // Refused: there is nothing to give back.
      () => undefined,
    );
  }

  #take(charge: () => Promise<Admission>): Promise<Admission> {
    const outcome = this.#noted(charge);
    // Whoever answers the call asks for it; a caller who has left does not.
    outcome.catch(() => undefined);
    return outcome;
  }

  async #noted(charge: () => Promise<Admission>): Promise<Admission> {
    try {
      const admission = await charge();
      this.quota = admission.quota;
      return admission;
    } catch (error) {
      if (error instanceof Rejection) this.quota = error.quota;
      throw error;
    } finally {
      this.#isDue = false;
      this.#onMade();
    }
  }

  /**
   * The charge of a step that has not made it. In an outage the step may have been taken for all that, so that nothing is refused any more: its
   * caller would be told that it was not.
   */
  async #chargeAfter(failure: unknown): Promise<Admission> {
    const { principal } = this;
    if (!(failure instanceof StoreUnavailableError)) return this.#charging.charge(principal, this.#plan);
    try {
      return await this.#charging.chargeHere(principal, this.#plan, failure);
    } catch (refusal) {
      if (!(refusal instanceof Rejection)) throw refusal;
      return { principal, quota: refusal.quota, due: undefined, settle: () => undefined };
    }
  }
}
