/** The queue of deadlines by itself: in order, in time, and whatever happens to one of them. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDeadlines } from '../../src/grpc/deadlines.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what waits too long is told so once, what was answered is not', () => {
  const due: number[] = [];
  const deadlines = createDeadlines<{ startedAt: number }>(1000, ({ startedAt }) => due.push(startedAt));
  const [one, other] = [{ startedAt: performance.now() }, { startedAt: performance.now() }];
  deadlines.add(one);
  deadlines.add(other);
  deadlines.delete(other);
  vi.advanceTimersByTime(999);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(2000);
  expect(due).toEqual([one.startedAt]);
  expect(vi.getTimerCount()).toBe(0);
});

test('one that cannot be told leaves the others their deadline', () => {
  const due: string[] = [];
  const deadlines = createDeadlines<{ startedAt: number; name: string }>(1000, ({ name }) => {
    due.push(name);
    if (name === 'bad') throw new Error('cannot be told');
  });
  for (const name of ['bad', 'good']) deadlines.add({ startedAt: performance.now(), name });
  expect(() => vi.advanceTimersByTime(1100)).toThrow('cannot be told');
  vi.advanceTimersByTime(100);
  deadlines.add({ startedAt: performance.now(), name: 'late' });
  vi.advanceTimersByTime(1100);
  expect(due).toEqual(['bad', 'good', 'late']);
});
