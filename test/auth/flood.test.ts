/** A stranger with well-formed wrong keys, beside valid keys from the same address that this process has never seen. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import type { KeyStore } from '../../src/ports/store.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { runningMs } from '../support/running-time.ts';
import { clockAt, issue, START } from './fixtures.ts';

const PEER = '192.0.2.1';
const GOOD = 10;
/** The rate that a real server accepts. */
const WRONG_PER_SECOND = 18_000;
/** The most keys in a turn of the event loop: a busy machine does not catch up. */
const MOST_A_TURN = 1_000;

/** More keys than are remembered as unknown or looked up at a time, so that each round they are as good as new. */
let wrong: string[];
beforeAll(() => {
  wrong = Array.from({ length: 20_000 }, () => issue().apiKey);
});

interface Flood {
  sent: number;
  readonly told: Map<string, number>;
  readonly stop: () => Promise<void>;
}

/** Sends wrong keys at the rate until it is stopped, whether or not they are answered. */
function flood(authenticator: Authenticator): Flood {
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
      const due = Math.min(MOST_A_TURN, Math.round(((now - lastAt) / 1000) * WRONG_PER_SECOND));
      if (due > 0) lastAt = now;
      for (let key = 0; key < due; key += 1, flooding.sent += 1)
        Promise.resolve(authenticator.authenticate(wrong[flooding.sent % wrong.length], `${PEER}:1`)).catch(note);
      await nextTurn();
    }
  };
  const sending = send();
  return flooding;
}

/** Tries once. Resolves to the time until the key is admitted in ms, or to the reason why it is not. */
async function attempt(authenticator: Authenticator, apiKey: string): Promise<number | string> {
  const started = runningMs();
  try {
    await authenticator.authenticate(apiKey, `${PEER}:2`);
    return runningMs() - started;
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return error.reason;
  }
}

async function storeOf(answer: () => Promise<unknown>) {
  const { keys } = createMemoryStore();
  const good = Array.from({ length: GOOD }, () => issue());
  for (const { record } of good) await keys.insert(record);
  const load = { ids: 0, atOnce: 0, mostAtOnce: 0 };
  const findMany: KeyStore['findMany'] = async (ids) => {
    load.ids += ids.length;
    load.atOnce += 1;
    load.mostAtOnce = Math.max(load.mostAtOnce, load.atOnce);
    await answer();
    load.atOnce -= 1;
    return keys.findMany(ids);
  };
  const authenticator = createAuthenticator({ keys: { ...keys, findMany }, clock: clockAt(START) });
  return { authenticator, load, good: good.map(({ apiKey }) => apiKey) };
}

it('keeps none of them out at all where the store is as fast as ours are', async () => {
  const { authenticator, load, good } = await storeOf(nextTurn);
  const flooding = flood(authenticator);
  await sleep(1000);
  for (const apiKey of good) {
    // The first try succeeds, within two seconds even on a busy machine; it takes some milliseconds.
    expect(await attempt(authenticator, apiKey)).toBeLessThan(2_000);
    await sleep(50);
  }
  await flooding.stop();
  expect(flooding.sent).toBeGreaterThan(5_000);
  expect([...flooding.told.keys()].toSorted()).toEqual(['api_key_invalid', 'authentication_throttled']);
  expect(flooding.told.get('api_key_invalid')).toBe(100);
  expect(load.mostAtOnce).toBeLessThanOrEqual(4);
});

it('keeps them out for two seconds at the longest where the store takes 200 ms, and has no more than 10,000 looked up a second', async () => {
  const ROUND_MS = 200;
  const PER_ROUND = (WRONG_PER_SECOND * ROUND_MS) / 1000;
  let answers = Promise.withResolvers<void>();
  const { authenticator, load, good } = await storeOf(() => answers.promise);
  const admittedIn = new Map<string, number>();
  const told = new Set<string>();
  let random = 1;
  for (let round = 0; round < 15; round += 1) {
    // This round answers all queries of the last round.
    answers.resolve();
    answers = Promise.withResolvers();
    await nextTurn();
    const before = load.ids;
    // From the sixth round on, the good keys are tried, each once per round, at random places among the wrong keys.
    const places = new Map<number, string>();
    for (const apiKey of round < 5 ? [] : good.filter((one) => !admittedIn.has(one))) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      places.set(random % PER_ROUND, apiKey);
    }
    for (let place = 0; place < PER_ROUND; place += 1) {
      const apiKey = places.get(place);
      const wrongKey = wrong[(round * PER_ROUND + place) % wrong.length];
      if (apiKey === undefined) void Promise.resolve(authenticator.authenticate(wrongKey, `${PEER}:1`)).catch(() => undefined);
      else
        void attempt(authenticator, apiKey).then((outcome) => {
          if (typeof outcome === 'string') told.add(outcome);
          else admittedIn.set(apiKey, round);
        });
    }
    // The rate of look-ups is a rate in real time.
    await sleep(60);
    expect(load.ids - before).toBeLessThanOrEqual(2_000);
  }
  expect(load.mostAtOnce).toBe(4);
  expect([...told]).toEqual(['store_unavailable']);
  expect(admittedIn.size).toBe(GOOD);
  // Ten rounds from the first try on.
  for (const round of admittedIn.values()) expect(round).toBeLessThan(5 + 2_000 / ROUND_MS);
  // From then on the keys are remembered, and no call waits.
  for (const apiKey of good) expect(authenticator.authenticate(apiKey, PEER)).not.toBeInstanceOf(Promise);
});
