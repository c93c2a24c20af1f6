/** The result of admission: who calls, how the limits stand, and how the call is given back. */
import type { Principal } from '../ports/principal.ts';
import type { WindowState } from '../ports/store.ts';

/** A call that was let in. */
export interface Admission {
  readonly principal: Principal;
  /** The window nearest to exhaustion; undefined on a plan without limits. */
  readonly quota: WindowState | undefined;
  /** To be told once how the call ended: a failed call is given back to the hour and the day. Never throws; later calls do nothing. */
  settle(failed: boolean): void;
}
