/** What admission gives a call: who calls, how its limits stand, and how it is given back. */
import type { Principal } from '../ports/principal.ts';
import type { CarriedCharge, WindowState } from '../ports/store.ts';

/** A call that was let in. */
export interface Admission {
  readonly principal: Principal;
  /** The window nearest to exhaustion; undefined on a plan without limits, and as long as the charge is due. */
  readonly quota: WindowState | undefined;
  /** The charge, as long as it is still to be made: whoever answers the call sees to that first, since the answer says how the limits stand. */
  readonly due: DueCharge | undefined;
  /** To be told once how the call ended: one that failed is given back to the hour and the day. Never throws; later calls do nothing. */
  settle(failed: boolean): void;
}

/** A charge that can be made together with what the call asks of the store. */
export interface DueCharge {
  /** Has `step` make it, at once. Rejects with what `step` rejects with, such as `Rejection` (`rate_limited`). To be called once. */
  carriedBy<T>(step: (charge: CarriedCharge) => Promise<T>): Promise<T>;
  /** Resolves when it is made: by the step that is under way, or else now, by itself. Rejects with `Rejection` (`rate_limited`). */
  made(): Promise<unknown>;
}
