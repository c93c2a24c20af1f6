/** Percentiles and spreads of the bench. */
import { expect, test } from 'vitest';
import { latencies, percentile, spread } from '../../bench/statistics.ts';

test('a percentile is the smallest figure that a share of the figures do not exceed', () => {
  const figures = Array.from({ length: 1000 }, (_, i) => i + 1);
  expect(percentile(figures, 0.5)).toBe(500);
  expect(percentile(figures, 0.99)).toBe(990);
  expect(percentile(figures, 0.999)).toBe(999);
  expect(percentile([7], 0.001)).toBe(7);
  expect(percentile([1, 2], 1)).toBe(2);
  expect(percentile([], 0.5)).toBeNaN();
});

test('latencies are sorted by number, and turned from µs to ms', () => {
  const micros = Float64Array.of(10_000, 9000, 200, 30);
  expect(latencies(micros)).toEqual({ p50: 0.2, p99: 10, p999: 10 });
  expect([...micros]).toEqual([10_000, 9000, 200, 30]);
});

test('a spread is the median between the least and the greatest, in any order', () => {
  expect(spread([30, 9, 100])).toEqual({ median: 30, min: 9, max: 100 });
  expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spread([5])).toEqual({ median: 5, min: 5, max: 5 });
});

test('a figure that was not measured counts for nothing', () => {
  expect(spread([Number.NaN, 3, 1])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spread([Number.NaN])).toBeUndefined();
  expect(spread([])).toBeUndefined();
});
