/** The memory guard: what a burst of connections leaves behind is collected, although nothing else is done that would have V8 look for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { guardMemory } from '../../src/app/memory-guard.ts';

let guard: ReturnType<typeof guardMemory>;

afterEach(() => guard.close());

/** Something that only a collection lets go of. */
function garbage(): WeakRef<object> {
  return new WeakRef({ left: 'behind' });
}

test('once many connections have ended', async () => {
  let connections = 0;
  guard = guardMemory(
    () => connections,
    () => 0,
  );
  await sleep(0);
  const left = garbage();
  // A reference that was read lives on until the turn ends.
  await sleep(0);
  connections = 300;
  await sleep(300);
  expect(left.deref() === undefined).toBe(false);
  connections = 10;
  await expect.poll(() => left.deref() === undefined, { timeout: 10_000, interval: 500 }).toBe(true);
});

test('not where few have ended', async () => {
  let connections = 300;
  guard = guardMemory(
    () => connections,
    () => 0,
  );
  await sleep(300);
  const left = garbage();
  await sleep(0);
  connections = 200;
  await sleep(2500);
  expect(left.deref() === undefined).toBe(false);
});

test.each([
  ['once strangers hold much outside of the heap', 100, true],
  ['not where good callers do', 0, false],
])('%s', async (_, strangeCallsALook, isCollected) => {
  let calls = 0;
  guard = guardMemory(
    () => 0,
    () => (calls += strangeCallsALook),
  );
  const left = garbage();
  await sleep(0);
  const held = Array.from({ length: 32 }, () => Buffer.alloc(2 ** 20, 1));
  if (isCollected) await expect.poll(() => left.deref() === undefined, { timeout: 10_000, interval: 500 }).toBe(true);
  else await sleep(1000).then(() => expect(left.deref() === undefined).toBe(false));
  expect(held).toHaveLength(32);
});
