/** The bounds of the cache of API keys. */
import { expect, it } from 'vitest';
import { createKeyCache } from '../../src/auth/key-cache.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { clockAt, issue, START } from './fixtures.ts';

it('remembers a thousand ids that no key has, which push out the oldest of them and no key', async () => {
  const { keys } = createMemoryStore();
  const { record } = issue();
  await keys.insert(record);
  const cache = createKeyCache(keys, clockAt(START));
  await cache.read(record.id, 'a');
  for (let id = 0; id < 1000; id += 1) await cache.read(`unknown-${id}`, 'a');
  expect(cache.get('unknown-0')).toBeDefined();
  await cache.read('another', 'a');
  // The first was used since.
  expect(cache.get('unknown-1')).toBeUndefined();
  expect(cache.get('unknown-2')).toBeDefined();
  expect(cache.get('unknown-0')).toBeDefined();
  expect(cache.get(record.id)?.principal?.keyId).toBe(record.id);
});
