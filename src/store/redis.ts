/** The shared store: API keys, limits, one-time use, attempts and request ids in one Redis or Valkey, for any number of instances. */
import type { Store } from '../policy/store.ts';
import { createAcknowledgedRun } from './redis-acknowledged.ts';
import { checkServer } from './redis-check.ts';
import { createRedisCodes } from './redis-codes.ts';
import { connect, type RedisTls } from './redis-connection.ts';
import { createRedisKeys } from './redis-keys.ts';
import { createRedisLimits } from './redis-limits.ts';
import { createRun, loadScripts, writingScript } from './redis-script.ts';
import { createSession, identify } from './redis-session.ts';
import { parseRedisUrl } from './redis-url.ts';

export interface RedisStoreOptions {
  /** `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** For `rediss://`. */
  readonly tls?: RedisTls;
  /**
   * Opens the name of every key. Its hash tag puts them all into one slot of a Cluster, hence on one node: a request id must be recognised
   * whatever key it comes with, in one atomic step, and a Verify takes Redis some ten microseconds. A Cluster so gives failover, not capacity.
   */
  readonly prefix?: string;
  /** How many replicas must acknowledge a judgement or a change of an API key before it is answered; by default none. */
  readonly waitReplicas?: number;
  /** Told, in one line each, what an operator should know: at the start, and when Redis has lost its state. */
  readonly onWarning: (text: string) => void;
  /** For tests alone: the moments passed in are taken for the time, in place of Redis' own. */
  readonly callerClock?: boolean;
}

const DEFAULT_PREFIX = '{otpd}:';

const BIND = writingScript(`
redis.call('SET', KEYS[2], ARGV[3], 'NX')
return redis.call('GET', KEYS[2]) == ARGV[3] and 1 or 0
`);

/** Writes the identity again, which changes nothing: a Redis that is read-only, full or unable to save shows only when it is written to. */
const PING = writingScript(`redis.call('SET', KEYS[1], ARGV[1])`);

/**
 * Opens the store. Every operation is one script, one atomic step in one round trip, by Redis' clock, and is answered or rejected with
 * `StoreUnavailableError` within 250 ms (300 if Redis does not have the script); a lost connection is made again within two seconds of Redis'
 * return. An operation that was rejected may have taken effect, and may do so as late as Redis wakes up: only the request id tells.
 *
 * What is promised depends on Redis. With `appendfsync always` an accepted code stays used through a crash of Redis; with `everysec`, up to a
 * second of them may be forgotten; a failover forgets what the new primary had not received, unless `waitReplicas` had it wait. A backup
 * that is restored brings back the state of its time.
 *
 * A Redis that comes back empty has forgotten which codes were used. The key `id` below the prefix, written at the first start, tells: as
 * long as it is not the one that this process opened with, every operation is rejected. It is made anew only by opening the store, that is by a
 * restart of `otpd serve` or by `otpd keys create`; with no API keys left, nobody can present an old code before new ones are given out.
 *
 * Throws `InvalidInputError` for the URL, and `RedisSetupError` within some seconds if Redis is away, refuses the user, is older than 7, a
 * replica, or may evict keys.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const { url, tls = {}, prefix = DEFAULT_PREFIX, waitReplicas = 0, onWarning, callerClock = false } = options;
  const address = parseRedisUrl(url);
  await using opened = new AsyncDisposableStack();
  const connection = opened.adopt(await connect(address, tls), (one) => one.close());
  const warnings = await checkServer(connection, waitReplicas);
  await loadScripts(connection);
  const { storeId, warning } = await identify(connection, prefix);
  for (const text of [...warnings, ...(warning === undefined ? [] : [warning])]) onWarning(text);

  const run = createRun(connection);
  const acknowledging = waitReplicas > 0 ? opened.adopt(await connect(address, tls), (one) => one.close()) : undefined;
  const runAcknowledged = acknowledging === undefined ? run : createAcknowledgedRun(acknowledging, waitReplicas);
  const session = createSession(run, runAcknowledged, { prefix, storeId, onWarning, callerClock });
  const owned = opened.move();
  return {
    keys: createRedisKeys(session),
    limits: createRedisLimits(session),
    codes: createRedisCodes(session),
    bind: async (identity) => (await session.runAcknowledged(BIND, ['bound'], [identity])) === 1,
    ping: async () => void (await session.runAcknowledged(PING, [], [])),
    close: () => owned.disposeAsync(),
  };
}
