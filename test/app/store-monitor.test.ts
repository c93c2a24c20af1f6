/** The watch on the store: one ping at a time, each change reported once, and no report that is older than a later alarm. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type StoreMonitor, watchStore } from '../../src/app/store-monitor.ts';
import type { Store } from '../../src/ports/store.ts';

const INTERVAL_MS = 500;

/** The pings without an answer. */
let pings: PromiseWithResolvers<void>[];
let told: [reachable: boolean, error?: unknown][];
let monitor: StoreMonitor;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  pings = [];
  told = [];
  const ping = () => {
    const answer = Promise.withResolvers<void>();
    pings.push(answer);
    return answer.promise;
  };
  monitor = watchStore({ ping } as Store, (reachable, error) =>
    told.push(error === undefined ? [reachable] : [reachable, error]),
  );
});
afterEach(() => {
  monitor.close();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** Answers the latest ping, with an error if there is one, and lets the next ping begin. */
async function answer(error?: Error): Promise<void> {
  const last = pings.at(-1);
  if (error === undefined) last?.resolve();
  else last?.reject(error);
  await pass(INTERVAL_MS);
}

const [away, stillAway] = [new Error('away'), new Error('still away')];

test('a change is reported once, with its error, and a store that answers from the start is no change', async () => {
  await answer();
  expect(told).toEqual([]);
  await answer(away);
  await answer(stillAway);
  expect(told).toEqual([[false, away]]);
  await answer();
  await answer();
  expect(told).toEqual([[false, away], [true]]);
  await answer(stillAway);
  expect(told.at(-1)).toEqual([false, stillAway]);
});

test.each([
  ['answered', undefined],
  ['not answered', away],
])('the next ping is sent half a second after the one before was %s, and not beside it', async (_, error) => {
  await pass(100 * INTERVAL_MS);
  expect(pings).toHaveLength(1);
  if (error === undefined) pings[0]?.resolve();
  else pings[0]?.reject(error);
  await pass(INTERVAL_MS - 1);
  expect(pings).toHaveLength(1);
  await pass(1);
  expect(pings).toHaveLength(2);
});

test('an alarm is reported at once, and once', async () => {
  monitor.away(away);
  monitor.away(stillAway);
  expect(told).toEqual([[false, away]]);
  await answer(stillAway);
  expect(told).toHaveLength(1);
});

test('a ping that was on its way at an alarm does not say that the store is back: the next one does', async () => {
  monitor.away(away);
  await answer();
  expect(told).toEqual([[false, away]]);
  await answer();
  expect(told).toEqual([[false, away], [true]]);
});

test('a ping that was in transit at an alarm may still report that the store is unreachable', async () => {
  await answer(away);
  await answer();
  monitor.away(stillAway);
  await answer(away);
  await answer();
  expect(told).toEqual([[false, away], [true], [false, stillAway], [true]]);
});

test.each([
  ['is answered', undefined],
  ['is not', away],
])('once it is closed nothing is told and nothing asked, although a ping %s', async (_, error) => {
  monitor.close();
  await answer(error);
  monitor.away(stillAway);
  await pass(10 * INTERVAL_MS);
  expect([told, pings.length, vi.getTimerCount()]).toEqual([[], 1, 0]);
});

test('closed between two pings it sends no other', async () => {
  pings[0]?.resolve();
  await pass(1);
  expect(vi.getTimerCount()).toBe(1);
  monitor.close();
  expect(vi.getTimerCount()).toBe(0);
});
