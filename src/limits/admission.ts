/** The result of admission: who calls, how the limits stand, what more the call costs, and how it is given back. */
import type { Principal } from '../ports/principal.ts';
import type { WindowState } from '../ports/store.ts';

/** A call that was let in. */
export interface Admission {
  readonly principal: Principal;
  /** The window nearest to exhaustion, as all that was charged and given back has left it; undefined on a plan without limits. */
  readonly quota: WindowState | undefined;
  /** The greatest of `CREDIT_WARNINGS` that the month has come to, as it stands now; undefined below all of them, and on a plan without a month. */
  readonly creditShare: number | undefined;
  /**
   * Counts `cost` more, for a call that turns out to have several parts; at once where the counts are in memory. Where the whole call does not fit, it is
   * rejected like one that was charged at once (`Charging`), and what was counted before is given back to every window.
   */
  charge(cost: number): void | Promise<void>;
  /** Notes that so many parts of the call have failed: they are given back to all windows but the minute when the call is settled. */
  giveBack(count: number): void;
  /**
   * To be told once how the call ended: a failed call is given back whole to all windows but the minute, and of another the parts that failed. Never
   * throws; later calls do nothing.
   */
  settle(failed: boolean): void;
}
