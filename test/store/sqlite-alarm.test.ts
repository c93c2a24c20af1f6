/** The alarm for many deadlines: it rings at the first of them, once, and after what has come meanwhile. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Alarm, createAlarm } from '../../src/store/sqlite/alarm.ts';
import { monotonicMs } from '../../src/store/sqlite/orders.ts';

let rung: number;
let alarm: Alarm;
beforeEach(() => {
  rung = 0;
  alarm = createAlarm(() => {
    rung += 1;
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  alarm.stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Lets time pass for timers, and then for the events that wait. */
async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await new Promise(setImmediate);
}

test.each([
  ['the first', [10_000, 50_000]],
  ['the last', [50_000, 10_000]],
])('it rings at the earliest deadline, which was %s, and once', async (_, deadlines) => {
  for (const ms of deadlines) alarm.setFor(monotonicMs() + ms);
  await pass(5000);
  expect(rung).toBe(0);
  await pass(5001);
  expect(rung).toBe(1);
  await pass(100_000);
  expect(rung).toBe(1);
});

test('it rings after the events that have come while its thread was held up', async () => {
  alarm.setFor(monotonicMs() + 10);
  vi.advanceTimersByTime(11);
  expect(rung).toBe(0);
  await new Promise(setImmediate);
  expect(rung).toBe(1);
});

test('it can be set again once it has rung, and is silent once it is stopped', async () => {
  alarm.setFor(monotonicMs() + 10);
  await pass(11);
  alarm.setFor(monotonicMs() + 10);
  await pass(11);
  expect(rung).toBe(2);
  alarm.setFor(monotonicMs() + 10);
  alarm.stop();
  await pass(11);
  expect(rung).toBe(2);
});

test('it rings soon for a deadline that is over, without a warning of Node', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  alarm.setFor(monotonicMs() - 7);
  expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([0]);
  await pass(1);
  expect(rung).toBe(1);
});
