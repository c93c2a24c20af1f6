/** What admission gives a call: who calls, how its limits stand, and how it is given back. */
import type { Principal } from '../ports/principal.ts';
import type { WindowState } from '../ports/store.ts';

/** A call that was let in. */
export interface Admission {
  readonly principal: Principal;
  /** The window nearest to exhaustion; undefined on a plan without limits. */
  readonly quota: WindowState | undefined;
  /** To be told once how the call ended: one that failed is given back to the hour and the day. Never throws; later calls do nothing. */
  settle(failed: boolean): void;
}
