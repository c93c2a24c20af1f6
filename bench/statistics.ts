/** Percentiles, medians and spreads of measured figures. */

/** The figures of several rounds: the median and the range. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Returns the nearest-rank percentile of ascending figures: the smallest figure that at least a `share` (0 to 1) of them do not exceed. Returns NaN
 * for an empty list.
 */
export function percentile(ascending: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * ascending.length);
  return ascending[Math.min(ascending.length, Math.max(1, rank)) - 1] ?? Number.NaN;
}

/**
 * Returns the median with the least and the greatest figure; undefined for an empty list. The median of an even number of figures is the mean of the
 * middle two.
 */
export function spread(figures: readonly number[]): Spread | undefined {
  const ascending = figures.filter((figure) => !Number.isNaN(figure)).toSorted((one, other) => one - other);
  const [min, max] = [ascending[0], ascending.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const upper = ascending[ascending.length >> 1] ?? max;
  const lower = ascending[(ascending.length - 1) >> 1] ?? min;
  return { median: (lower + upper) / 2, min, max };
}

/** Returns the latencies for a table in ms, from figures in µs in any order. */
export function latencies(micros: Float64Array): { p50: number; p99: number; p999: number } {
  const ascending = Float64Array.from(micros).sort();
  const at = (share: number) => percentile(ascending, share) / 1000;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
