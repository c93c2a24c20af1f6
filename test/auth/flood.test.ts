/** A stranger who does its worst with well-formed wrong keys, beside good keys of the same address that this process has never seen. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import type { KeyStore } from '../../src/ports/store.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { clockAt, issue, START } from './fixtures.ts';

const PEER = '192.0.2.1';
const GOOD = 10;
/** As many as a real server was seen to take. */
const WRONG_PER_SECOND = 18_000;
/** In one turn of the event loop: what a busy machine did not get around to is not made up for. */
const MOST_A_TURN = 1_000;

/** More than are remembered as unknown: each time around, they are as good as fresh. */
let wrong: string[];
beforeAll(() => {
  wrong = Array.from({ length: 5_000 }, () => issue().apiKey);
});

interface Flood {
  sent: number;
  readonly told: Map<string, number>;
  readonly stop: () => Promise<void>;
}

/** Sends wrong keys until it is stopped, so many a second, whether they are answered or not. */
function flood(authenticator: Authenticator, rate: number): Flood {
  const told = new Map<string, number>();
  let stopped = false;
  const note = (error: unknown): void => {
    const reason = error instanceof Rejection ? error.reason : String(error);
    told.set(reason, (told.get(reason) ?? 0) + 1);
  };
  const flooding: Flood = {
    sent: 0,
    told,
    stop() {
      stopped = true;
      return sending;
    },
  };
  const send = async (): Promise<void> => {
    let lastAt = performance.now();
    while (!stopped) {
      const now = performance.now();
      const due = Math.min(MOST_A_TURN, Math.round(((now - lastAt) / 1000) * rate));
      if (due > 0) lastAt = now;
      for (let key = 0; key < due; key += 1, flooding.sent += 1)
        Promise.resolve(authenticator.authenticate(wrong[flooding.sent % wrong.length], `${PEER}:1`)).catch(note);
      await nextTurn();
    }
  };
  const sending = send();
  return flooding;
}

/** Tries until the key is let in: ms from the first try, and how many it took. */
async function admitted(authenticator: Authenticator, apiKey: string): Promise<{ ms: number; tries: number }> {
  const started = performance.now();
  for (let tries = 1; ; tries += 1) {
    try {
      await authenticator.authenticate(apiKey, `${PEER}:2`);
      return { ms: performance.now() - started, tries };
    } catch (error) {
      if (!(error instanceof Rejection) || error.reason !== 'store_unavailable') throw error;
    }
    await sleep(100);
  }
}

async function storeOf(answerMs: number) {
  const { keys } = createMemoryStore();
  const good = Array.from({ length: GOOD }, () => issue());
  for (const { record } of good) await keys.insert(record);
  const load = { questions: 0, ids: 0, atOnce: 0, mostAtOnce: 0 };
  const findMany: KeyStore['findMany'] = async (ids) => {
    load.questions += 1;
    load.ids += ids.length;
    load.atOnce += 1;
    load.mostAtOnce = Math.max(load.mostAtOnce, load.atOnce);
    await (answerMs === 0 ? nextTurn() : sleep(answerMs));
    load.atOnce -= 1;
    return keys.findMany(ids);
  };
  const authenticator = createAuthenticator({ keys: { ...keys, findMany }, clock: clockAt(START) });
  return { authenticator, load, good: good.map(({ apiKey }) => apiKey) };
}

it('keeps none of them out at all where the store is as fast as ours are', async () => {
  const { authenticator, load, good } = await storeOf(0);
  const flooding = flood(authenticator, WRONG_PER_SECOND);
  await sleep(1000);
  for (const apiKey of good) {
    const { ms, tries } = await admitted(authenticator, apiKey);
    expect(tries).toBe(1);
    expect(ms).toBeLessThan(500);
    await sleep(50);
  }
  await flooding.stop();
  expect(flooding.sent).toBeGreaterThan(5_000);
  expect([...flooding.told.keys()].toSorted()).toEqual(['api_key_invalid', 'authentication_throttled']);
  expect(flooding.told.get('api_key_invalid')).toBe(100);
  expect(load.mostAtOnce).toBeLessThanOrEqual(4);
});

it('keeps them out for two seconds at the longest where the store takes 200 ms, and has it asked 20 times a second', async () => {
  const { authenticator, load, good } = await storeOf(200);
  const started = performance.now();
  const flooding = flood(authenticator, 2 * WRONG_PER_SECOND);
  await sleep(1000);
  const admissions = await Promise.all(good.map((apiKey) => admitted(authenticator, apiKey)));
  const seconds = (performance.now() - started) / 1000;
  await flooding.stop();
  // The flood is more than the store can look up: were it not, this would be the case above.
  expect(flooding.told.get('store_unavailable')).toBeGreaterThan(100);
  for (const { ms } of admissions) expect(ms).toBeLessThan(2_000);
  expect(load.mostAtOnce).toBeLessThanOrEqual(4);
  expect(load.questions).toBeLessThanOrEqual(seconds * 20 + 4);
  // From then on they are remembered, and wait for nothing.
  for (const apiKey of good) expect(authenticator.authenticate(apiKey, PEER)).not.toBeInstanceOf(Promise);
});
