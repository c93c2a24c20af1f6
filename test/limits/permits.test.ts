/** Permits: at most the allowed number, each released once, and no memory of a holder without permits. */
import { expect, it, vi } from 'vitest';
import { createPermits } from '../../src/limits/permits.ts';

it('are given up to the maximum, to each holder, and again after their release', () => {
  const { take } = createPermits();
  const first = take('one', 2);
  expect([take('one', 2), take('one', 2), take('other', 1)].map((release) => release !== undefined)).toEqual([true, false, true]);
  first?.();
  first?.();
  expect([take('one', 2), take('one', 2)].map((release) => release !== undefined)).toEqual([true, false]);
  expect(take('none', 0)).toBeUndefined();
});

it('leave nothing behind of a holder that holds none: strangers choose their addresses', () => {
  const tables: Map<unknown, unknown>[] = [];
  class Watched extends Map<unknown, unknown> {
    constructor() {
      super();
      tables.push(this);
    }
  }
  vi.stubGlobal('Map', Watched);
  const { take } = createPermits();
  vi.unstubAllGlobals();
  const releases = ['one', 'one', 'other'].map((id) => take(id, 2));
  expect(tables.map(({ size }) => size)).toEqual([2]);
  for (const release of releases) release?.();
  expect(tables.map(({ size }) => size)).toEqual([0]);
});
