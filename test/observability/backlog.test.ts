import { expect, test } from 'vitest';
import { createBacklog } from '../../src/observability/backlog.ts';

test('pieces wait until they are asked for, and are then done once, in their order', () => {
  const done: number[] = [];
  const { add, flush } = createBacklog<number>((piece) => done.push(piece));
  add(1);
  add(2);
  expect(done).toEqual([]);
  flush();
  expect(done).toEqual([1, 2]);
  flush();
  expect(done).toEqual([1, 2]);
});

test('at most 256 pieces wait', () => {
  const done: number[] = [];
  const { add, flush } = createBacklog<number>((piece) => done.push(piece));
  for (let piece = 1; piece <= 255; piece += 1) add(piece);
  expect(done).toEqual([]);
  add(256);
  expect(done).toHaveLength(256);
  add(257);
  expect(done).toHaveLength(256);
  flush();
  expect(done.at(-1)).toBe(257);
});

test('a piece that fails does not wait any longer, and later pieces are done', () => {
  const done: number[] = [];
  const { add, flush } = createBacklog<number>((piece) => {
    if (piece === 1) throw new Error('cannot be counted');
    done.push(piece);
  });
  add(1);
  expect(flush).toThrow('cannot be counted');
  add(2);
  flush();
  expect(done).toEqual([2]);
});
