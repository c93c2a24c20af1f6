/** The shared store: API keys, limits, one-time use, attempts and request ids in one Redis or Valkey, for any number of instances. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Store, StoreUnavailableError } from '../../ports/store.ts';
import { createRedisCodes } from './codes.ts';
import { type EngineOptions, openEngine } from './engine.ts';
import { RedisSetupError, RefusedError, reasonOf } from './error.ts';
import { createRedisKeys } from './keys.ts';
import { createRedisLimits } from './limits.ts';
import { StateLostInPartError } from './markers.ts';
import { createRedisRecovery } from './recovery.ts';
import { createRedisSealingKeys } from './sealing-keys.ts';
import { createSession } from './session.ts';
import { parseRedisUrl } from './url.ts';

export interface RedisStoreOptions extends EngineOptions {
  /** The result of `parseRedisUrl`. */
  readonly url: string;
  /** Called when Redis has lost its state; everything that was read from it must be forgotten before this returns. */
  readonly onLost?: ((error: StoreUnavailableError) => void) | undefined;
  /** For tests alone: scripts use the times that are passed in, instead of Redis' own. */
  readonly callerClock?: boolean;
}

/** How long reachable servers may refuse everything at the start, in ms. */
const SETTLING_TIMEOUT_MS = 3000;
const SETTLING_PAUSE_MS = 50;

const FIRST_USE = 'Redis held nothing of otpd: this is the first start, or Redis has lost its API keys and used codes';

/**
 * Opens the store. Every operation is one script: one atomic step in one round trip, by the clock of Redis. It is answered, or rejected with
 * `StoreUnavailableError`, within 200 ms (225 if Redis does not have the script, 400 for a batch of 100; behind sentinels and in a Cluster up to 200 more after a
 * refusal). A lost connection is made again within two seconds of Redis' return. A rejected operation may have taken effect, and may still do so when Redis wakes up:
 * only the request id tells.
 *
 * The promise depends on Redis. With `appendfsync always` an accepted code stays used through a crash of Redis; with `everysec`, up to a second of them may be
 * forgotten; a failover forgets writes that the new primary had not received, unless `waitReplicas` made the answer wait for it. A restored backup brings back the
 * state of its time.
 *
 * A Redis that comes back empty, or another Redis at the same address, does not know which codes were used. Every script therefore compares the key `id` below the
 * prefix, which the first use makes. If it differs from the expected identity, `onLost` is called and every operation is rejected, until the next `ping` adopts the
 * present store: under its identity (the same for all instances that do so at once), and only if no other fingerprint key is bound to it. That is safe because a code is
 * judged only by the store that knows its caller's API key: without an API key nobody can verify anything, and a store that has forgotten the used codes has forgotten
 * the API keys with them. Nobody can therefore present an old code before an operator gives out new API keys or restores a backup, and neither needs a restart of otpd.
 * This depends on `onLost`: no API key that was read before it may let a Verify through after it.
 *
 * In a Cluster a part may be lost, and that argument does not hold: the API keys may be on another master than the used codes. There each slot has the identity, and
 * the store is adopted only if all slots have it, or none has: see `markers.ts`.
 *
 * Throws `InvalidInputError` for the URL, and `RedisSetupError` within some seconds if Redis cannot be reached, refuses the user, is older than 7, is a replica, or may
 * evict keys.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const { onWarning, onLost = () => undefined, callerClock = false } = options;
  await using opened = new AsyncDisposableStack();
  const { layout, runners, identities, identify, settle } = await openEngine(parseRedisUrl(options.url), options, opened);
  const { storeId, isNew } = await patiently(identify).catch((error: unknown) => {
    if (error instanceof StateLostInPartError) throw new RedisSetupError(`cannot be used: ${error.explanation}`);
    throw new RedisSetupError(
      `cannot be written (${reasonOf(error instanceof StoreUnavailableError ? error.cause : error)}): look into its log`,
    );
  });
  if (isNew) onWarning(FIRST_USE);
  const session = createSession(runners, { layout, identify, storeId, onWarning, onLost, callerClock });
  const owned = opened.move();
  return {
    keys: createRedisKeys(session),
    limits: createRedisLimits(session),
    codes: createRedisCodes(session),
    recovery: createRedisRecovery(session),
    sealingKeys: createRedisSealingKeys(session),
    bind: session.bind,
    async ping() {
      await settle();
      await session.rejoin();
      await session.ping(identities());
    },
    close: () => owned.disposeAsync(),
  };
}

/** A Cluster refuses everything for a moment while a master is replaced, and so does a server while it loads its data. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = performance.now() + SETTLING_TIMEOUT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RefusedError) || performance.now() > until) throw error;
    }
    await sleep(SETTLING_PAUSE_MS);
  }
}
