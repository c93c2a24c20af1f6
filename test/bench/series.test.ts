/** The goals of the series of the bench: ratios within a round, and their medians. */
import { expect, test } from 'vitest';
import { growth, judgeSeries, SERIES } from '../../bench/series.ts';

const point = (size: number, cpuMicros: number[], idleMiB = 90, loadedMiB = 200) => ({
  ...{ size, cpuMicros, idleMiB, loadedMiB },
  callsPerSecond: [],
  afterMiB: 0,
});
const series = { title: 'Token', unit: 'keys', sizes: [], of: () => ({}) as never };

test('growth is computed within a round, so that differences between rounds do not matter', () => {
  const points = [point(10, [10, 100, 20]), point(1000, [11, 110, 18])];
  expect(growth({ points })).toEqual([{ size: 1000, ratios: [1.1, 1.1, 0.9] }]);
  expect(growth({ points: [] })).toEqual([]);
});

test('verdicts are on medians of the growth, and on the most memory', () => {
  const flat = { ...series, points: [point(10, [10, 10, 10]), point(1000, [10, 30, 11])] };
  const steep = { ...series, points: [point(10, [10, 10, 10]), point(1000, [10, 12, 13], 101, 301)] };
  const judged = judgeSeries([flat, steep]).map(({ goal: { text }, met }) => [text, met]);
  expect(judged).toEqual([
    ['5  Token, CPU a call: 1,000 / 10 keys', true],
    ['5  Token, CPU a call: 1,000 / 10 keys', false],
    ['5  MiB resident before the first call, the most', false],
    ['5  MiB resident right after a load, the most', false],
  ]);
  expect(judgeSeries([])).toEqual([]);
});

test('all sizes have as many calls under way, and what does not grow is the same', () => {
  for (const { sizes, of } of SERIES) {
    const cases = sizes.map(of);
    expect(new Set(cases.map(({ underWay }) => underWay))).toEqual(new Set([100]));
    expect(new Set(cases.map(({ rate }) => rate)).size).toBe(1);
    const constant = ['keys', 'connections', 'secrets'].filter(
      (what) => new Set(cases.map((each) => each[what as 'keys'])).size === 1,
    );
    expect(constant).toHaveLength(2);
  }
});
