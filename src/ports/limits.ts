/** The port for limits: the guarantees of a store for the counts of calls. */

/** The most that one charge may cost. */
export const MAX_COST = 1000;

/** The name of the window of a calendar month in UTC, which counts the credits of a plan. The other windows slide. */
export const MONTH = 'month';

/** The shares of the credits of a month, in percent, at which a subject is warned, once each per month. */
export const CREDIT_WARNINGS = [80, 95] as const;

/** A window of a plan. */
export interface LimitWindow {
  /** `minute`, `hour`, `day` or `month`: names the window in errors. */
  readonly name: string;
  /** Its length in ms; for the month, that of the longest month. */
  readonly periodMs: number;
  /** The most that the calls within one period, or within one calendar month, may cost together. */
  readonly limit: number;
  /** Whether a failed call is refunded. */
  readonly refundable: boolean;
}

/** The state of a window after a charge. */
export interface WindowState {
  readonly window: LimitWindow;
  readonly remaining: number;
  /** Ms until `remaining` grows; zero if nothing is counted. */
  readonly resetMs: number;
}

/** How much of a window is used. */
export interface WindowUsage {
  readonly window: LimitWindow;
  /** Above the limit if the plan was made smaller. */
  readonly used: number;
  /** When `used` next falls if nothing more is charged, in ms since the epoch; undefined if nothing is counted. */
  readonly resetTime: number | undefined;
}

/** The outcome of a charge: the state of each window, in the order of the request. */
export interface ChargeResult {
  readonly allowed: boolean;
  /** When the charge was counted, by the clock of the store. A refund names the charge by this time. */
  readonly chargedAt: number;
  readonly states: readonly WindowState[];
  /**
   * If not allowed: ms until the same charge would be allowed, at most the longest period. It is a lower bound, since other calls may use the capacity
   * first. `Infinity` if the cost is above the limit of a window.
   */
  readonly retryAfterMs: number;
  /** If not allowed: the window with the longest wait; among equals, the first in the order of the request. */
  readonly refusing: LimitWindow | undefined;
  /** The shares of `CREDIT_WARNINGS` that the subject has reached with this charge, for the first time in the month; undefined for none. */
  readonly warnings?: readonly number[] | undefined;
}

/** The windows that a refund applies to. */
export interface RefundOptions {
  /** True for a charge that was rejected afterwards: every window. False for a failed call: only the refundable windows. */
  readonly rejected: boolean;
}

/** Call counts: no interval of a sliding window's length, and no calendar month, contains more than the limit. */
export interface LimitStore {
  /**
   * Counts `cost`, a whole number from 1 to `MAX_COST`, in every window, or in none if it does not fit into all of them; one atomic step, one round
   * trip. Synchronous if the counts are in memory.
   */
  charge(subject: string, windows: readonly LimitWindow[], cost: number, now: number): ChargeResult | Promise<ChargeResult>;
  /** Refunds `count` of the charge counted at `chargedAt`, or less if less is still counted; nothing if the charge has left the window. */
  refund(
    subject: string,
    windows: readonly LimitWindow[],
    chargedAt: number,
    count: number,
    options: RefundOptions,
  ): Promise<void>;
  /** How much of each window is used, in the order of the request. Synchronous if the counts are in memory. */
  usage(subject: string, windows: readonly LimitWindow[], now: number): readonly WindowUsage[] | Promise<readonly WindowUsage[]>;
}

/** The windows that a refund applies to. */
export function refundedWindows(windows: readonly LimitWindow[], { rejected }: RefundOptions): readonly LimitWindow[] {
  return rejected ? windows : windows.filter(({ refundable }) => refundable);
}
