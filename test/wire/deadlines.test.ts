/** The queue of deadlines by itself: in order, in time, and whatever happens to one of them. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDeadlines, type Waiting } from '../../src/grpc/deadlines.ts';

interface Named extends Waiting<Named> {
  readonly name: string;
}

const named = (name: string): Named => ({ name, startedAt: performance.now(), older: undefined, newer: undefined });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what waits too long is told so once, what was answered is not', () => {
  const due: string[] = [];
  const deadlines = createDeadlines<Named>(1000, ({ name }) => due.push(name));
  const [one, other] = [named('one'), named('other')];
  deadlines.add(one);
  deadlines.add(other);
  deadlines.delete(other);
  vi.advanceTimersByTime(999);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(2000);
  expect(due).toEqual(['one']);
  expect(vi.getTimerCount()).toBe(0);
});

test('one that cannot be told leaves the others their deadline', () => {
  const due: string[] = [];
  const deadlines = createDeadlines<Named>(1000, ({ name }) => {
    due.push(name);
    if (name === 'bad') throw new Error('cannot be told');
  });
  for (const name of ['bad', 'good']) deadlines.add(named(name));
  expect(() => vi.advanceTimersByTime(1100)).toThrow('cannot be told');
  vi.advanceTimersByTime(100);
  deadlines.add(named('late'));
  vi.advanceTimersByTime(1100);
  expect(due).toEqual(['bad', 'good', 'late']);
});

test('whichever leaves, in whatever order, the rest are told in theirs', () => {
  const names = ['a', 'b', 'c', 'd'];
  const orders = names.flatMap((first) => names.map((second) => [first, second]));
  for (const leaving of orders) {
    const due: string[] = [];
    const deadlines = createDeadlines<Named>(1000, ({ name }) => due.push(name));
    const items = names.map(named);
    items.forEach(deadlines.add);
    for (const item of items.filter(({ name }) => leaving[0] === name)) deadlines.delete(item);
    // The second may be the first once more: one that is not there changes nothing.
    for (const item of items.filter(({ name }) => leaving[1] === name)) deadlines.delete(item);
    vi.advanceTimersByTime(1100);
    expect(due).toEqual(names.filter((name) => !leaving.includes(name)));
    for (const { older, newer } of items) expect([older, newer]).toEqual([undefined, undefined]);
  }
});
