/** Outcomes in plain numbers: what is read is what was written, so that callers cannot tell where a call was counted. */
import { expect, test } from 'vitest';
import { fromNumbers, fromUsageNumbers, toNumbers, toUsageNumbers } from '../../src/limits/charge-numbers.ts';
import type { ChargeResult, LimitWindow } from '../../src/ports/store.ts';
import { HOUR, MINUTE, START } from '../auth/fixtures.ts';

const minute: LimitWindow = { name: 'minute', periodMs: MINUTE, limit: 5, refundable: false };
const hour: LimitWindow = { name: 'hour', periodMs: HOUR, limit: 50, refundable: true };
const WINDOWS = [minute, hour];

const allowed: ChargeResult = {
  allowed: true,
  chargedAt: START,
  retryAfterMs: 0,
  refusing: undefined,
  states: [
    { window: minute, remaining: 4, resetMs: MINUTE },
    { window: hour, remaining: 0, resetMs: 7 },
  ],
  warnings: undefined,
};

test.each<[string, ChargeResult]>([
  ['allowed', allowed],
  ['allowed, with warnings', { ...allowed, warnings: [80, 100] }],
  ['refused by the second window', { ...allowed, allowed: false, retryAfterMs: 7, refusing: hour }],
  ['refused for ever', { ...allowed, allowed: false, retryAfterMs: Infinity, refusing: minute }],
])('a charge that is %s', (_, result) => {
  const numbers = toNumbers(WINDOWS, result);
  expect(fromNumbers(WINDOWS, JSON.parse(JSON.stringify(numbers)))).toStrictEqual(result);
});

test('a usage', () => {
  const usage = [
    { window: minute, used: 0, resetTime: undefined },
    { window: hour, used: 3, resetTime: START + 5 },
  ];
  expect(fromUsageNumbers(WINDOWS, toUsageNumbers(usage))).toStrictEqual(usage);
});
