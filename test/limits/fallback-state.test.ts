/** Whether limits are shared or local: told once a change, whatever order charges that overlap it end in. */
import { expect, test } from 'vitest';
import { createFallbackState } from '../../src/limits/fallback-state.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';

const AWAY = new StoreUnavailableError(new Error('away'));

function watched() {
  const told: string[] = [];
  const state = createFallbackState({ onFallback: () => told.push('local'), onShared: () => told.push('shared') });
  return { told, state };
}

test('is told once when it turns local, and once when it is shared again', () => {
  const { told, state } = watched();
  for (let charge = 0; charge < 3; charge += 1) state.answered(state.period);
  expect(told).toEqual([]);
  for (let charge = 0; charge < 3; charge += 1) state.failed(state.period, AWAY);
  expect(told).toEqual(['local']);
  for (let charge = 0; charge < 3; charge += 1) state.answered(state.period);
  expect(told).toEqual(['local', 'shared']);
  state.failed(state.period, AWAY);
  expect(told).toEqual(['local', 'shared', 'local']);
});

test('is not changed by charges that were begun before the last change', () => {
  const { told, state } = watched();
  const before = state.period;
  state.failed(before, AWAY);
  // Answered on the way out of a Redis that is gone by now.
  state.answered(before);
  state.failed(before, AWAY);
  expect(told).toEqual(['local']);
  const during = state.period;
  state.answered(during);
  state.failed(during, AWAY);
  expect(told).toEqual(['local', 'shared']);
});

test('tells the error, and nobody if nobody listens', () => {
  const errors: unknown[] = [];
  const state = createFallbackState({ onFallback: (error) => errors.push(error) });
  state.failed(state.period, AWAY);
  state.answered(state.period);
  expect(errors).toEqual([AWAY]);
});
