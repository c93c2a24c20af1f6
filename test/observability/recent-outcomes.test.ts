/** The counts of the last hour: each minute expires separately, and the clock may step. */
import { expect, test } from 'vitest';
import { createRecentOutcomes } from '../../src/observability/recent-outcomes.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 1);

const verdict = (outcome: string) => ({ outcome, type: 'totp', drift: undefined, isLockout: false });

test('an outcome counts in its minute and the 59 after it', () => {
  const recent = createRecentOutcomes();
  expect(recent.lastHour(START).size).toBe(0);
  recent.note([verdict('accepted'), verdict('mismatch'), verdict('mismatch')], START + MINUTE_MS - 1);
  recent.note([verdict('accepted')], START + MINUTE_MS);
  const at = (minutes: number) => Object.fromEntries(recent.lastHour(START + minutes * MINUTE_MS));
  expect(at(1)).toEqual({ accepted: 2, mismatch: 2 });
  expect(at(59)).toEqual({ accepted: 2, mismatch: 2 });
  expect(at(60)).toEqual({ accepted: 1 });
  expect(at(61)).toEqual({});
});

test('a minute replaces the minute an hour before it', () => {
  const recent = createRecentOutcomes();
  recent.note([verdict('accepted')], START);
  recent.note([verdict('replayed')], START + 60 * MINUTE_MS);
  expect(Object.fromEntries(recent.lastHour(START + 60 * MINUTE_MS))).toEqual({ replayed: 1 });
});

test('minutes in the future after a step of the clock do not count', () => {
  const recent = createRecentOutcomes();
  recent.note([verdict('accepted')], START + 5 * MINUTE_MS);
  expect(recent.lastHour(START).size).toBe(0);
  recent.note([verdict('mismatch')], START);
  expect(Object.fromEntries(recent.lastHour(START))).toEqual({ mismatch: 1 });
});
