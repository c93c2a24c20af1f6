/** The result of a generator of load, whichever it was. */
export interface Outcome {
  /** Calls that were answered, all of them rightly. */
  readonly calls: number;
  readonly seconds: number;
  /** The latency of each call in µs. */
  readonly micros: Float64Array;
}
