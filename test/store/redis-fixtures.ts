/** Fixtures for the tests of the Redis store: stores that are closed after each test, attempts, and functions that wait for answers. */
import { inspect } from 'node:util';
import { afterEach } from 'vitest';
import type { Attempt, Judgement } from '../../src/ports/codes.ts';
import { type Store, StoreUnavailableError } from '../../src/ports/store.ts';
import { RedisSetupError } from '../../src/store/redis/error.ts';
import { openRedisStore, type RedisStoreOptions } from '../../src/store/redis/store.ts';
import { FREE_ATTEMPTS } from '../../src/verification/lock.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { runningMs } from '../support/running-time.ts';
import { named } from './codes-fixtures.ts';

export const ACCEPTED: Judgement = {
  outcome: 'accepted',
  step: 100,
  drift: 0,
  attemptsRemaining: FREE_ATTEMPTS,
  retryAfterMs: undefined,
};

/** Returns an attempt, by default with the right code of step 100. */
export function attempt(overrides: Partial<Attempt> = {}): Attempt {
  const { fingerprint = 'f' } = overrides;
  const right = {
    ...named(fingerprint),
    step: 100,
    drift: 0,
    claim: true,
    afterStep: undefined,
    matchableMs: 60_000,
    request: undefined,
  };
  return { ...right, ...overrides };
}

/** Returns an attempt with a request id. */
export function requested(id: string, overrides: Partial<Attempt> = {}): Attempt {
  return attempt({ request: { id, payload: 'payload' }, ...overrides });
}

export interface OpenStore extends Store {
  readonly warnings: string[];
}

type Opener = (options: Partial<RedisStoreOptions> & { readonly url: string }) => Promise<OpenStore>;

/** Returns, inside a suite, a function that opens stores. Each store is closed after its test. */
export function storeOpener(): Opener {
  const opened: Store[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });
  return async (options) => {
    const warnings: string[] = [];
    const store = await openRedisStore({ onWarning: (text) => warnings.push(text), ...options });
    opened.push(store);
    return { ...store, warnings };
  };
}

/** Resolves to the end of a call in a word, and its time in ms. `shown` is the whole text of an outage, to search for secrets. */
export async function endOf(call: Promise<unknown>): Promise<{ end: string; ms: number; shown: string }> {
  const startedAt = runningMs();
  const result = await call.catch((error: unknown) => error);
  const ms = runningMs() - startedAt;
  const shown = inspect(result, { depth: 10, showHidden: true });
  if (result instanceof StoreUnavailableError) return { end: 'unavailable', ms, shown };
  if (result instanceof RedisSetupError) return { end: result.message, ms, shown };
  if (result instanceof Error) throw result;
  return { end: 'answered', ms, shown };
}

/** Resolves to the time until `call` succeeds, in ms; rejects after `withinMs`. */
export async function answeredAfter(call: () => Promise<unknown>, withinMs: number): Promise<number> {
  const startedAt = runningMs();
  for (;;) {
    const { end, shown } = await endOf(call());
    const ms = runningMs() - startedAt;
    if (end === 'answered') return ms;
    if (ms > withinMs) throw new Error(`no answer within ${withinMs} ms, but ${shown}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Resolves to the answer of a call, which is repeated while the store is unavailable: a replica on a busy machine may take longer than a store waits.
 * Give a call that writes a request id, so that a repeat gets the first answer and does not act twice.
 */
export async function answerTo<T>(call: () => Promise<T>, withinMs = 10_000): Promise<T> {
  let answer: [T] | undefined;
  await answeredAfter(async () => {
    answer = [await call()];
  }, withinMs);
  return (answer as [T])[0];
}

/** Enough secrets for each of three masters to have some. */
const EVERYWHERE = Array.from({ length: 12 }, (_, place) => `everywhere-${place}`);

/**
 * Resolves to the time until every master judges codes, and its replicas acknowledge them if the store waits for replicas, in ms. A ping would not
 * do, since it tolerates unreachable masters.
 */
export async function servedAfter({ codes }: Store, withinMs: number): Promise<number> {
  let step = 0;
  return answeredAfter(async () => {
    step += 1;
    const judged = await codes.judgeAll(
      EVERYWHERE.map((fingerprint) => attempt({ fingerprint, step })),
      0,
    );
    for (const one of judged) if (one instanceof Error) throw one;
  }, withinMs);
}

/** Opens a store that waits for replicas, so that its answers survive the loss of a master. Resolves when every master has so many replicas. */
export async function openAcknowledged(open: Opener, url: string, waitReplicas = 1): Promise<OpenStore> {
  const store = await open({ url, waitReplicas });
  await servedAfter(store, 5000);
  return store;
}

/** Returns the number of outcomes of each kind. */
export function tally(outcomes: readonly { readonly outcome: string }[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(outcomes, ({ outcome }) => outcome)].map(([outcome, all]) => [outcome, all.length]));
}

/** Returns a function that starts servers. The servers are stopped after each test. */
export function redisStarter(): (...args: string[]) => Promise<RedisServer> {
  const servers: RedisServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  return async (...args) => {
    const server = await startRedis(args);
    servers.push(server);
    return server;
  };
}
