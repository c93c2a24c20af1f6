/** The bench's tables, and the verdicts in them. */
import { expect, test } from 'vitest';
import { GOALS, goal, judgeGoals } from '../../bench/goals.ts';
import type { Figures } from '../../bench/measure.ts';
import { cell, short, table } from '../../bench/table.ts';

const FIGURES: Figures = {
  cpuMicros: 40,
  callsPerSecond: 9000,
  p50: 1,
  p99: 4,
  p999: 8,
  residentBytes: 2 ** 27,
  longestBlockMs: undefined,
  metricsMicros: undefined,
  pictureBytes: undefined,
  roundTrips: undefined,
  redisMicros: undefined,
};

test('columns are as wide as their widest cell', () => {
  expect(
    table(
      ['row', 'calls/s'],
      [
        ['token', '1'],
        ['b', '22,000 (1..2)'],
      ],
    ),
  ).toBe(
    ['| row   |       calls/s |', '| ----- | ------------: |', '| token |             1 |', '| b     | 22,000 (1..2) |'].join(
      '\n',
    ),
  );
});

test.each([
  [12_345.6, '12,346'],
  [123.45, '123'],
  [45.678, '45.7'],
  [1.2345, '1.23'],
  [0.04, '0.04'],
])('%d is written %s', (figure, text) => {
  expect(short(figure)).toBe(text);
});

test('a spread is shown where there is one', () => {
  expect(cell({ median: 2, min: 2, max: 2 })).toBe('2.00');
  expect(cell({ median: 2, min: 1, max: 30 })).toBe('2.00 (1.00..30.0)');
  expect(cell(undefined)).toBe('');
});

test('a ratio is that of each round, and its median meets the goal or misses it', () => {
  const round = (ours: number, bare: number) =>
    new Map([
      ['token', { ...FIGURES, cpuMicros: ours }],
      ['bare-token', { ...FIGURES, cpuMicros: bare }],
    ]);
  // The machine is half as fast in the second round; the ratios are 1.2, 1.25 and 1.4.
  const [verdict] = judgeGoals([round(36, 30), round(75, 60), round(42, 30)]);
  expect(verdict?.goal).toBe(GOALS[0]);
  expect(verdict?.figure).toEqual({ median: 1.25, min: 1.2, max: 1.4 });
  expect(verdict?.met).toBe(true);
  expect(judgeGoals([round(42, 30)])[0]?.met).toBe(false);
});

test('goals have a sense, and the bound itself is met', () => {
  const of = (sense: 'at most' | 'at least', figure: number) =>
    judgeGoals([new Map()], [goal('', () => figure, sense, 5)])[0]?.met;
  expect([of('at most', 5), of('at most', 5.1), of('at least', 5), of('at least', 4.9)]).toEqual([true, false, true, false]);
});

test('goals whose rows were not measured are left out', () => {
  expect(judgeGoals([new Map([['naive-token', FIGURES]])])).toEqual([]);
});
