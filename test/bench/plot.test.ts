/** The plot of the bench: its scales, its labels, and that any text can be in it. */
import { expect, test } from 'vitest';
import { drawPlots } from '../../bench/plot.ts';

const POINTS = [10, 1000, 100_000].map((size) => ({ size, cpuMicros: 40 }));

function circles(svg: string): [number, number][] {
  return [...svg.matchAll(/<circle class="dot" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

test('equal factors are equal distances, and equal costs equal heights', () => {
  const [first, second, third] = circles(drawPlots([{ title: 'Token', unit: 'keys', points: POINTS }], ''));
  expect([first?.[0], second?.[0], third?.[0]]).toEqual([48, 166, 284]);
  expect(new Set([first?.[1], second?.[1], third?.[1]]).size).toBe(1);
});

test('heights are counted from zero', () => {
  const points = [
    { size: 1, cpuMicros: 20 },
    { size: 10, cpuMicros: 40 },
  ]; // The axis lies at 212.
  const [half, whole] = circles(drawPlots([{ title: 'Token', unit: 'keys', points }], '')).map(([, y]) => 212 - y);
  expect((whole ?? 0) / (half ?? 1)).toBeCloseTo(2, 1);
});

test('sizes and figures are in the plot, with any text', () => {
  const svg = drawPlots([{ title: 'a < b', unit: 'R & D', points: POINTS }], 'x > y');
  for (const text of ['a &lt; b', 'R &amp; D', 'x &gt; y', '100K', '40.0']) expect(svg).toContain(text);
});

test('a plot without points is left out', () => {
  expect(circles(drawPlots([{ title: 'a', unit: 'b', points: [] }], ''))).toEqual([]);
});
