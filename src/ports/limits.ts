/** The port for limits: what a store promises about the counts of calls. */

/** One window of a plan. */
export interface LimitWindow {
  /** `minute`, `hour` or `day`: names the window in errors. */
  readonly name: string;
  /** Its length in ms. */
  readonly periodMs: number;
  /** The most calls in any span of that length. */
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

/** The outcome of a charge: one state a window, in the order asked. */
export interface ChargeResult {
  readonly allowed: boolean;
  /** When the call was counted, by the clock that the store counts by: what a refund names it by. */
  readonly chargedAt: number;
  readonly states: readonly WindowState[];
  /** If not allowed: ms until the same charge would be allowed. Never more than the longest full window. */
  readonly retryAfterMs: number;
}

/** Call counts. No span as long as a window ever holds more than its limit. */
export interface LimitStore {
  /** Counts one call in every window, or in none if any is full; one atomic step, one round trip. At once where the counts are in memory. */
  charge(subject: string, windows: readonly LimitWindow[], now: number): ChargeResult | Promise<ChargeResult>;
  /** Takes back, out of the refundable windows, one call that was charged at `chargedAt`; nothing if it has left them since. */
  refund(subject: string, windows: readonly LimitWindow[], chargedAt: number): Promise<void>;
}
