/** Time steps (RFC 6238 section 4): which one a moment lies in, when one begins, and which ones a window holds. */

/** The steps, or counters, from `first` to `last`, both included. */
export interface StepRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The time step that a moment lies in, counted from the Unix epoch (T0 = 0).
 *
 * @param timeMs milliseconds since the epoch, not negative.
 * @param period the time step in seconds.
 */
export function stepAt(timeMs: number, period: number): number {
  return Math.floor(timeMs / (period * 1000));
}

/**
 * The first moment of a time step, in milliseconds since the epoch; that of the next step is the first moment after it.
 *
 * @param period the time step in seconds.
 */
export function stepStart(step: number, period: number): number {
  return step * period * 1000;
}

/** The steps around one, without those before the epoch. */
export function window(step: number, past: number, future: number): StepRange {
  return { first: Math.max(0, step - past), last: step + future };
}
