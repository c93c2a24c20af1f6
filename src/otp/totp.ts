/** Time steps (RFC 6238 section 4): the step of a moment, the moment at which a step begins, and the steps of a window. */

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
 * The first moment of a time step, in milliseconds since the epoch. The step ends where the next step begins.
 *
 * @param period the time step in seconds.
 */
export function stepStart(step: number, period: number): number {
  return step * period * 1000;
}

/** The range from `past` steps before `step` to `future` steps after it, without steps before the epoch. */
export function window(step: number, past: number, future: number): StepRange {
  return { first: Math.max(0, step - past), last: step + future };
}
