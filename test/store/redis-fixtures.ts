/** Fixtures of the tests of the Redis store: stores that are closed after each test, attempts, and waiting for an answer. */
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

/** An attempt with the right code of step 100, unless told otherwise. */
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

/** With a request id. */
export function requested(id: string, overrides: Partial<Attempt> = {}): Attempt {
  return attempt({ request: { id, payload: 'payload' }, ...overrides });
}

export interface OpenStore extends Store {
  readonly warnings: string[];
}

/** Gives, inside a suite, a function that opens stores; each is closed after the test. */
export function storeOpener(): (options: Partial<RedisStoreOptions> & { readonly url: string }) => Promise<OpenStore> {
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

/** Tells in a word how a call ends, and after how many ms; `shown` is all that an outage shows, to be searched for secrets. */
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

/** Ms until `call` is answered; rejects after `withinMs`. */
export async function answeredAfter(call: () => Promise<unknown>, withinMs: number): Promise<number> {
  const startedAt = runningMs();
  for (;;) {
    const { end } = await endOf(call());
    const ms = runningMs() - startedAt;
    if (end === 'answered') return ms;
    if (ms > withinMs) throw new Error(`no answer within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** How often each outcome came. */
export function tally(outcomes: readonly { readonly outcome: string }[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(outcomes, ({ outcome }) => outcome)].map(([outcome, all]) => [outcome, all.length]));
}

/** Starts servers with settings of their own; each test's are stopped after it. */
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
