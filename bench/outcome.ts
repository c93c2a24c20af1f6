/** The result of any load generator. */
export interface Outcome {
  /** The number of answered calls. All answers were correct. */
  readonly calls: number;
  readonly seconds: number;
  /** The latency of each call in µs. */
  readonly micros: Float64Array;
}
