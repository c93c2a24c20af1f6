/** The port for limits: what a store promises about the counts of calls. */

/** The most that one charge may cost. */
export const MAX_COST = 1000;

/** The name of the window of a calendar month in UTC, whose calls are the credits of a plan. The other windows slide. */
export const MONTH = 'month';

/** The shares of the credits of a month, in percent, at which a warning is due: once each for a subject and a month. */
export const CREDIT_WARNINGS = [80, 95] as const;

/** A window of a plan. */
export interface LimitWindow {
  /** `minute`, `hour`, `day` or `month`: names the window in errors. */
  readonly name: string;
  /** Its length in ms; of a month the greatest. */
  readonly periodMs: number;
  /** The most that the calls in any span of that length, or in the calendar month, may cost together. */
  readonly limit: number;
  /** Whether a call that fails is given back. */
  readonly refundable: boolean;
}

/** How a window stands after a charge. */
export interface WindowState {
  readonly window: LimitWindow;
  readonly remaining: number;
  /** Ms until `remaining` grows; zero if nothing is counted. */
  readonly resetMs: number;
}

/** How much of a window is used. */
export interface WindowUsage {
  readonly window: LimitWindow;
  /** More than the limit where the plan has become smaller. */
  readonly used: number;
  /** When `used` falls next if nothing more is charged, in ms since the epoch; undefined if nothing is counted. */
  readonly resetTime: number | undefined;
}

/** The outcome of a charge: one state a window, in the order asked. */
export interface ChargeResult {
  readonly allowed: boolean;
  /** When the charge was counted, by the clock that the store counts by. A refund names the charge by it. */
  readonly chargedAt: number;
  readonly states: readonly WindowState[];
  /**
   * If not allowed: ms until the same charge would be allowed, at most the longest period, and a lower bound, since others may use the capacity
   * first. `Infinity`: never, for its cost is over the limit of a window.
   */
  readonly retryAfterMs: number;
  /** If not allowed: the window with the longest wait; of several, the first in the order asked. */
  readonly refusing: LimitWindow | undefined;
  /** The shares of `CREDIT_WARNINGS` that the subject has come to with this charge, for the first time in the month; undefined for none. */
  readonly warnings?: readonly number[] | undefined;
}

/** Which windows a refund is taken from. */
export interface RefundOptions {
  /** True for a charge that was refused after all: every window. False for a call that failed: the refundable windows alone. */
  readonly rejected: boolean;
}

/** Call counts: no interval of a sliding window's length, and no calendar month, contains more than the limit. */
export interface LimitStore {
  /**
   * Counts `cost`, a whole number from 1 to `MAX_COST`, in every window, or in none if it does not fit into each; one atomic step, one round trip.
   * At once where the counts are in memory.
   */
  charge(subject: string, windows: readonly LimitWindow[], cost: number, now: number): ChargeResult | Promise<ChargeResult>;
  /**
   * Takes back `count` of what was charged at `chargedAt`, at most what is still counted with it; nothing if that has left the window since.
   */
  refund(
    subject: string,
    windows: readonly LimitWindow[],
    chargedAt: number,
    count: number,
    options: RefundOptions,
  ): Promise<void>;
  /** How much of each window is used, in the order asked. At once where the counts are in memory. */
  usage(subject: string, windows: readonly LimitWindow[], now: number): readonly WindowUsage[] | Promise<readonly WindowUsage[]>;
}

/** The windows that a refund is taken from. */
export function refundedWindows(windows: readonly LimitWindow[], { rejected }: RefundOptions): readonly LimitWindow[] {
  return rejected ? windows : windows.filter(({ refundable }) => refundable);
}
