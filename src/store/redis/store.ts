/** The shared store: API keys, limits, one-time use, attempts and request ids in one Redis or Valkey, for any number of instances. */
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
  /** As `parseRedisUrl` reads it. */
  readonly url: string;
  /** Called when Redis has lost its state: whatever was read from it must be forgotten before this returns. */
  readonly onLost?: ((error: StoreUnavailableError) => void) | undefined;
  /** For tests alone: the moments passed in are taken for the time, instead of Redis' own. */
  readonly callerClock?: boolean;
}

/** How long servers that are there may refuse everything at the start, in ms. */
const SETTLING_TIMEOUT_MS = 3000;
const SETTLING_PAUSE_MS = 50;

const FIRST_USE = 'Redis held nothing of otpd: this is the first start, or Redis has lost its API keys and used codes';

/**
 * Opens the store. Every operation is one script, one atomic step in one round trip, by Redis' clock, and is answered or rejected with
 * `StoreUnavailableError` within 200 ms (225 if Redis does not have the script, 400 for a batch of 100; behind sentinels and in a Cluster up to 200 more where it was refused first); a lost connection is made again within two seconds of Redis'
 * return. An operation that was rejected may have taken effect, and may do so as late as Redis wakes up: only the request id tells.
 *
 * The promise depends on Redis. With `appendfsync always` an accepted code stays used through a crash of Redis; with `everysec`, up to a
 * second of them may be forgotten; a failover forgets what the new primary had not received, unless `waitReplicas` had it wait. A backup
 * that is restored brings back the state of its time.
 *
 * A Redis that comes back empty has forgotten which codes were used, and so has one that is not the one from before. The key `id` below the
 * prefix, made at the first use, tells: every script compares it. Where it is not the expected one, `onLost` is called and every operation is
 * rejected, until the next `ping` takes up the store that is there now: under its identity (one for all who come at once), and only if no
 * other fingerprint key is bound to it. That is safe because a code is judged only by the store that knows its caller's API key: without an
 * API key nobody can verify anything, and a store that has forgotten the used codes has forgotten the API keys with them. Nobody can therefore
 * present an old code before an operator gives out new API keys or restores a backup, and no restart of otpd is needed for either. It rests on
 * `onLost`: no API key that was read before it may let a Verify through after it.
 *
 * Of a Cluster a part may be lost, and that argument does not hold: the API keys may be on another master than the used codes. There each slot has the
 * identity, and the store is taken up only if all slots have it, or none has: see `markers.ts`.
 *
 * Throws `InvalidInputError` for the URL, and `RedisSetupError` within some seconds if Redis is away, refuses the user, is older than 7, a
 * replica, or may evict keys.
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

/** A Cluster refuses everything for a moment while a master is replaced, and a server while it reads its data. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = performance.now() + SETTLING_TIMEOUT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RefusedError) || performance.now() > until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLING_PAUSE_MS));
  }
}
