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

/** A cache of one key, and a function that holds the next answer of the store back: `asked` resolves once the store has it. */
async function cacheOfOne() {
  const { keys } = createMemoryStore();
  const { record } = issue();
  await keys.insert(record);
  const clock = clockAt(START);
  let onFound = async (): Promise<void> => undefined;
  const cache = createKeyCache(
    {
      ...keys,
      async findMany(ids) {
        const found = await keys.findMany(ids);
        await onFound();
        return found;
      },
    },
    clock,
  );
  const hold = () => {
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    onFound = () => {
      asked.resolve();
      return answered.promise;
    };
    return { asked: asked.promise, answer: answered.resolve };
  };
  return { keys, record, clock, cache, hold };
}

it('an answer from before a change does not count as one from after it, even if the change is known when the answer arrives', async () => {
  const { keys, record, clock, cache, hold } = await cacheOfOne();
  const { asked, answer } = hold();
  const reading = cache.read(record.id, 'a');
  await asked;
  await keys.update(record.id, (key) => ({ ...key, revokedAt: START }));
  clock.now += 600;
  await cache.askVersion();
  answer();
  expect(cache.isFresh(await reading, clock.now)).toBe(false);
});

it('that a use was noted brings back no key that has changed since, and none that was forgotten', async () => {
  const { keys, record, clock, cache } = await cacheOfOne();
  const old = await cache.read(record.id, 'a');
  await keys.update(record.id, (key) => ({ ...key, name: 'changed' }));
  clock.now += 600;
  const changed = await cache.read(record.id, 'a');
  cache.noteUsed(record.id, old);
  expect(cache.get(record.id)).toBe(changed);
  cache.forget();
  cache.noteUsed(record.id, changed);
  expect(cache.get(record.id)).toBeUndefined();
});
