/** The result of admission: the caller, the state of its limits, further charges, and refunds. */
import type { Principal } from '../ports/principal.ts';
import type { WindowState } from '../ports/store.ts';

/** An admitted call. */
export interface Admission {
  readonly principal: Principal;
  /** The window nearest to exhaustion, after all charges and refunds so far; undefined on a plan without limits. */
  readonly quota: WindowState | undefined;
  /** The greatest of `CREDIT_WARNINGS` that the month has reached so far; undefined below all of them, and on a plan without a month. */
  readonly creditShare: number | undefined;
  /**
   * Charges `cost` more, for a call that turns out to have several parts; synchronous if the counts are in memory. If the whole call does not fit, the
   * charge is rejected as `Charging` rejects it, and the earlier charge is refunded to every window.
   */
  charge(cost: number): void | Promise<void>;
  /** Notes that this many parts of the call have failed; they are refunded to all windows but the minute when the call is settled. */
  giveBack(count: number): void;
  /**
   * Settles the call with its outcome; call this once. A failed call is refunded whole to all windows except the minute; otherwise the failed parts
   * are. Never throws; further calls do nothing.
   */
  settle(failed: boolean): void;
}
