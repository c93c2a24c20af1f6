/** The memory guard collects the garbage of a burst of connections, although V8 has no other reason to collect it. */
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

/** Counts the forced garbage collections in the next `ms`. V8 also collects by itself, the sooner the busier the machine. */
async function collectedWithin(ms: number): Promise<number> {
  await turn();
  collections.takeRecords();
  vi.advanceTimersByTime(ms);
  // Node reports a collection in the turn after it.
  await turn();
  const found = collections.takeRecords() as (PerformanceEntry & { detail: { flags: number } })[];
  return found.filter(({ detail }) => detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED).length;
}

/** Makes an object that only a collection releases. */
function garbage(): WeakRef<object> {
  return new WeakRef({ left: 'behind' });
}

/** Connections of strangers only, up to 300. */
function strangersOf(connections: () => number): Parameters<typeof guardMemory>[0] {
  return { connections, strangersGone: () => 300 - connections(), strangeCalls: () => 0 };
}

test('not where good callers have gone', async () => {
  const crowd = { connections: 300, strangersGone: 0 };
  guard = guardMemory({ connections: () => crowd.connections, strangersGone: () => crowd.strangersGone, strangeCalls: () => 0 });
  expect(await collectedWithin(300)).toBe(0);
  Object.assign(crowd, { connections: 0, strangersGone: 249 });
  expect(await collectedWithin(MINUTE)).toBe(0);
});

test('not for probes of a load balancer, which are far apart', async () => {
  let looks = 0;
  const probes = () => Math.floor(looks / 20);
  guard = guardMemory({ connections: () => 50, strangersGone: () => Math.floor(looks++ / 20), strangeCalls: () => 4 * probes() });
  expect(await collectedWithin(10 * MINUTE)).toBe(0);
  expect(probes()).toBeGreaterThan(250);
});

test('once many connections have ended, four times, and then the C library releases its pages', async () => {
  let connections = 0;
  const giveBack = vi.fn();
  guard = guardMemory(
    strangersOf(() => connections),
    giveBack,
  );
  const left = garbage();
  connections = 300;
  expect(await collectedWithin(300)).toBe(0);
  connections = 10;
  // The next look, 100 ms later, sees it.
  expect(await collectedWithin(1099)).toBe(0);
  expect(await collectedWithin(1)).toBe(1);
  expect(left.deref()).toBeUndefined();
  expect(await collectedWithin(28_999)).toBe(2);
  expect(giveBack).not.toHaveBeenCalled();
  expect(await collectedWithin(10 * MINUTE)).toBe(1);
  expect(giveBack).toHaveBeenCalledOnce();
});

test('not where few have ended', async () => {
  let connections = 300;
  guard = guardMemory(strangersOf(() => connections));
  expect(await collectedWithin(300)).toBe(0);
  connections = 51;
  expect(await collectedWithin(MINUTE)).toBe(0);
  connections = 50;
  expect(await collectedWithin(MINUTE)).toBe(4);
});

test.each([
  ['once many calls of strangers have come, and no more do', 1000, 4],
  ['not where some have', 999, 0],
])('%s', async (_, strangeCalls, times) => {
  let calls = 0;
  const strangers = { ...strangersOf(() => 300), strangeCalls: () => (calls = Math.min(calls + 49, strangeCalls)) };
  guard = guardMemory(strangers, () => undefined);
  expect(await collectedWithin(MINUTE)).toBe(times);
});

test.each([
  ['once many connections have ended, a few at a time', 12, 4],
  ['not while they do', 10_000, 0],
  ['not where few have', 8, 0],
])('%s', async (_, looks, times) => {
  let look = 0;
  guard = guardMemory(
    { connections: () => 50, strangersGone: () => 25 * Math.min(look++, looks), strangeCalls: () => 0 },
    () => undefined,
  );
  expect(await collectedWithin(MINUTE)).toBe(times);
});

test.each([
  ['once strangers hold much outside of the heap', 50, 1],
  ['not where few call', 49, 0],
  ['not where good callers do', 0, 0],
])('%s', async (_, strangeCallsALook, times) => {
  let calls = 0;
  guard = guardMemory({ connections: () => 0, strangersGone: () => 0, strangeCalls: () => (calls += strangeCallsALook) });
  expect(await collectedWithin(MINUTE)).toBe(0);
  const held = Array.from({ length: 32 }, () => Buffer.alloc(2 ** 20, 1));
  // The memory that is left after a collection is the floor for the next.
  expect(await collectedWithin(MINUTE)).toBe(times);
  expect(held).toHaveLength(32);
});
