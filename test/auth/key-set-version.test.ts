/** The version of all API keys: how old an answer of the store counts. */
import { expect, it } from 'vitest';
import { watchVersion } from '../../src/auth/key-set-version.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { clockAt, START } from './fixtures.ts';

it('is as old as the question, since a change may have come right after that', async () => {
  const { keys } = createMemoryStore();
  const clock = clockAt(START);
  const slow = {
    ...keys,
    async version() {
      clock.now += 400;
      return keys.version();
    },
  };
  const versions = watchVersion(slow, clock);
  const version = await versions.ask();
  expect(version.confirmedAt).toBe(START);
  expect(versions.current(START + 500)).toBeUndefined();
  expect(versions.current(START + 499)).toBe(version);
});
