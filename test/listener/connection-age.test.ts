/** The end of a connection by its age, step by step. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startAging } from '../../src/listener/connection-age.ts';

const AGE = { maxAgeMs: 10_000, graceMs: 500 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Begins to age a connection; tells what was done to it so far. */
function start(random: number, age = AGE) {
  const steps: string[] = [];
  const step = (name: string) => () => void steps.push(name);
  const stop = startAging(
    age,
    { retire: step('retire'), endStreams: step('end streams'), cutOff: step('cut off') },
    () => random,
  );
  return { steps, stop };
}

test.each([
  [0, 9000],
  [0.5, 10_000],
  [1, 11_000],
])('with the random number %d it takes no more calls after %d ms', (random, afterMs) => {
  const { steps } = start(random);
  vi.advanceTimersByTime(afterMs - 1);
  expect(steps).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(steps).toEqual(['retire']);
});

test('its streams end after the grace, and what is left is cut off a second later', () => {
  const { steps } = start(0.5);
  vi.advanceTimersByTime(10_499);
  expect(steps).toEqual(['retire']);
  vi.advanceTimersByTime(1);
  expect(steps).toEqual(['retire', 'end streams']);
  vi.advanceTimersByTime(999);
  expect(steps).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(steps).toEqual(['retire', 'end streams', 'cut off']);
  vi.advanceTimersByTime(100_000);
  expect(steps).toHaveLength(3);
});

test.each([9999, 10_400, 11_400])('nothing happens any more once it has closed by itself after %d ms', (closesMs) => {
  const { steps, stop } = start(0.5);
  vi.advanceTimersByTime(closesMs);
  const before = steps.length;
  stop();
  vi.advanceTimersByTime(100_000);
  expect(steps).toHaveLength(before);
});

test('a connection that closes as it retires, or as its streams end, has no timer left', () => {
  const { promise: _, resolve } = Promise.withResolvers<void>();
  const stop = startAging(AGE, { retire: () => stop(), endStreams: () => resolve(), cutOff: () => resolve() }, () => 0.5);
  const other = startAging(AGE, { retire: () => resolve(), endStreams: () => other(), cutOff: () => resolve() }, () => 0.5);
  vi.advanceTimersByTime(10_000);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(500);
  expect(vi.getTimerCount()).toBe(0);
});

test('connections that begin together end at different moments', () => {
  const { steps } = start(0.5);
  const retired: number[] = [];
  const ignore = () => undefined;
  for (let n = 0; n < 100; n += 1)
    startAging(AGE, { retire: () => void retired.push(Date.now()), endStreams: ignore, cutOff: ignore });
  const startedAt = Date.now();
  vi.advanceTimersByTime(11_000);
  expect(steps).toContain('retire');
  expect(retired).toHaveLength(100);
  expect(new Set(retired).size).toBeGreaterThan(50);
  expect(Math.min(...retired) - startedAt).toBeGreaterThanOrEqual(9000);
});
