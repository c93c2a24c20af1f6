/** The memory guard: what a burst of connections leaves behind is collected, although nothing else is done that would have V8 look for it. */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { guardMemory } from '../../src/app/memory-guard.ts';

const MINUTE = 60_000;

let guard: ReturnType<typeof guardMemory>;
let collections: PerformanceObserver;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  collections = new PerformanceObserver(() => undefined);
  collections.observe({ entryTypes: ['gc'] });
});
afterEach(() => {
  guard.close();
  collections.disconnect();
  vi.useRealTimers();
});

/** How often garbage was collected in the next `ms` because somebody asked for it: V8 collects by itself too, the sooner the busier the machine. */
async function collectedWithin(ms: number): Promise<number> {
  await turn();
  collections.takeRecords();
  vi.advanceTimersByTime(ms);
  // Node tells of a collection in the turn after it.
  await turn();
  const found = collections.takeRecords() as (PerformanceEntry & { detail: { flags: number } })[];
  return found.filter(({ detail }) => detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED).length;
}

/** Something that only a collection lets go of. */
function garbage(): WeakRef<object> {
  return new WeakRef({ left: 'behind' });
}

test('once many connections have ended, four times', async () => {
  let connections = 0;
  guard = guardMemory(
    () => connections,
    () => 0,
  );
  const left = garbage();
  connections = 300;
  expect(await collectedWithin(300)).toBe(0);
  connections = 10;
  // Seen at the next look, 100 ms later.
  expect(await collectedWithin(1099)).toBe(0);
  expect(await collectedWithin(1)).toBe(1);
  expect(left.deref()).toBeUndefined();
  expect(await collectedWithin(10 * MINUTE)).toBe(3);
});

test('not where few have ended', async () => {
  let connections = 300;
  guard = guardMemory(
    () => connections,
    () => 0,
  );
  expect(await collectedWithin(300)).toBe(0);
  connections = 51;
  expect(await collectedWithin(MINUTE)).toBe(0);
  connections = 50;
  expect(await collectedWithin(MINUTE)).toBe(4);
});

test.each([
  ['once strangers hold much outside of the heap', 50, 1],
  ['not where few call', 49, 0],
  ['not where good callers do', 0, 0],
])('%s', async (_, strangeCallsALook, times) => {
  let calls = 0;
  guard = guardMemory(
    () => 0,
    () => (calls += strangeCallsALook),
  );
  expect(await collectedWithin(MINUTE)).toBe(0);
  const held = Array.from({ length: 32 }, () => Buffer.alloc(2 ** 20, 1));
  // The memory that is left after a collection is the floor for the next.
  expect(await collectedWithin(MINUTE)).toBe(times);
  expect(held).toHaveLength(32);
});
