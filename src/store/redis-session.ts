/** What the parts of the Redis store share: the prefix of their keys, the identity of the store, and how their scripts are run. */
import { randomBytes } from 'node:crypto';
import { StoreUnavailableError } from '../policy/store.ts';
import type { Connection } from './redis-connection.ts';
import { RedisSetupError, reasonOf } from './redis-error.ts';
import { type RunScript, type Script, STATE_LOST } from './redis-script.ts';

/** Runs a script on keys below the prefix. `now` counts only in tests. */
export type RunOnStore = (
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
  now?: number,
) => Promise<unknown>;

export interface Session {
  readonly run: RunOnStore;
  /** The same, resolving only when as many replicas have it as the operator asked for. */
  readonly runAcknowledged: RunOnStore;
}

export interface SessionOptions {
  readonly prefix: string;
  /** The identity of the store, as `identify` gave it. */
  readonly storeId: string;
  readonly onWarning: (text: string) => void;
  readonly callerClock: boolean;
}

const IDENTITY = 'id';

/** The identity of the store, made if there is none; the warning says so. Two processes that start at once get the same. */
export async function identify(
  { redis, answered }: Connection,
  prefix: string,
): Promise<{ storeId: string; warning: string | undefined }> {
  const fresh = randomBytes(16).toString('hex');
  try {
    const known = await answered(redis.set(prefix + IDENTITY, fresh, 'NX', 'GET'));
    if (known !== null) return { storeId: known, warning: undefined };
  } catch (error) {
    throw new RedisSetupError(`cannot be written (${reasonOf(error)}): look into its log`);
  }
  return {
    storeId: fresh,
    warning: 'Redis held nothing of otpd: this is the first start, or Redis has lost its API keys and used codes',
  };
}

/** Makes the runners of a session; says once if Redis has lost its state, and rejects every call as long as it has. */
export function createSession(run: RunScript, runAcknowledged: RunScript, options: SessionOptions): Session {
  const { prefix, storeId, callerClock } = options;
  let hasWarned = false;

  function lost(): StoreUnavailableError {
    if (!hasWarned)
      options.onWarning('Redis has lost its state, or was emptied: restore it, or restart otpd to start afresh without API keys');
    hasWarned = true;
    return new StoreUnavailableError(new Error(STATE_LOST));
  }

  function onStore(runner: RunScript): RunOnStore {
    return async (script, keys, args, now) => {
      const reply = await runner({
        script,
        keys: [IDENTITY, ...keys].map((key) => prefix + key),
        args: [storeId, callerClock ? (now ?? '') : '', ...args],
      });
      if (reply === STATE_LOST) throw lost();
      return reply;
    };
  }

  return { run: onStore(run), runAcknowledged: onStore(runAcknowledged) };
}
