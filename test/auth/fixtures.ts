/** Fixtures for the tests of limits and authentication: a settable clock, keys to present, and a store that can become unavailable. */
import { type IssuedApiKey, issueApiKey, type NewApiKey } from '../../src/auth/api-key.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import { type Store, StoreUnavailableError } from '../../src/ports/store.ts';
import { createMemoryStore } from '../support/memory-store.ts';

export const START = 1_700_000_000_000;
export const SECOND = 1000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** A clock that stands still until it is set. */
export interface SettableClock {
  (): number;
  now: number;
}

export function clockAt(now: number): SettableClock {
  const clock: SettableClock = Object.assign(() => clock.now, { now });
  return clock;
}

export function issue(overrides: Partial<NewApiKey> = {}, now: number = START): IssuedApiKey {
  return issueApiKey({ name: 'billing', plan: 'free', scopes: ['generate', 'token', 'verify'], ...overrides }, now);
}

/** A store that can become unavailable, and that counts its queries for keys, for the version of the keys, and its charges. */
export interface FlakyStore extends Store {
  down: boolean;
  finds: number;
  /** The number of queries for keys, for any number of keys at a time. */
  questions: number;
  versions: number;
  charges: number;
}

/** Makes a clock at `START` and an empty store. */
export function begin(): { clock: SettableClock; store: FlakyStore } {
  return { clock: clockAt(START), store: flaky(createMemoryStore()) };
}

function flaky(store: Store): FlakyStore {
  function reach(): void {
    if (flakyStore.down) throw new StoreUnavailableError(new Error('taken away by the test'));
  }
  const flakyStore: FlakyStore = {
    ...store,
    down: false,
    finds: 0,
    questions: 0,
    versions: 0,
    charges: 0,
    keys: {
      ...store.keys,
      async find(id) {
        flakyStore.finds += 1;
        // A turn of the event loop, as over a network, so that concurrent calls overlap.
        await new Promise((resolve) => setImmediate(resolve));
        reach();
        return store.keys.find(id);
      },
      async findMany(ids) {
        flakyStore.finds += ids.length;
        flakyStore.questions += 1;
        await new Promise((resolve) => setImmediate(resolve));
        reach();
        return store.keys.findMany(ids);
      },
      async version() {
        flakyStore.versions += 1;
        await new Promise((resolve) => setImmediate(resolve));
        reach();
        return store.keys.version();
      },
      async touch(lastUsed) {
        reach();
        return store.keys.touch(lastUsed);
      },
    },
    limits: {
      async charge(...charge) {
        flakyStore.charges += 1;
        reach();
        return store.limits.charge(...charge);
      },
      async refund(...refund) {
        reach();
        return store.limits.refund(...refund);
      },
      async usage(...usage) {
        reach();
        return store.limits.usage(...usage);
      },
    },
  };
  return flakyStore;
}

/** Returns the rejection of a call. Fails the test if the call ends otherwise. */
export async function rejectionOf(call: unknown): Promise<Rejection> {
  const outcome = await Promise.resolve(call).then(
    () => 'let through',
    (error: unknown) => error,
  );
  if (!(outcome instanceof Rejection)) throw new Error(`expected a rejection, got ${String(outcome)}`);
  return outcome;
}
