/** The shared session of the parts of the Redis store: how their keys are named, how their scripts are run, and the identity of the store. */
import { randomBytes } from 'node:crypto';
import { StoreUnavailableError } from '../../ports/store.ts';
import type { Connection } from './connection.ts';
import type { KeyName, Layout } from './layout.ts';
import { type Runners, type RunScript, type Script, type ScriptCall, STATE_LOST, writingScript } from './script.ts';

/** Where the check value of the fingerprint key is. */
const BOUND: KeyName = ['bound'];

/** How long a master of several may be away, in ms, until the store counts as away: a failover takes less. */
const FAILOVER_MS = 5000;

/** Writes the check value of a fingerprint key if none is there; 1 if the one there is the same. */
const BIND = writingScript(`
redis.call('SET', KEYS[2], ARGV[3], 'NX')
return redis.call('GET', KEYS[2]) == ARGV[3] and 1 or 0
`);

/** Writes the identity again, which changes nothing: a Redis that is read-only, full or unable to save shows only when it is written to. */
const PING: Script = writingScript(`redis.call('SET', KEYS[1], ARGV[1])`);

/** Runs a script on keys, all of one owner. `now` counts only in tests. */
export type RunOnStore = (
  script: Script,
  keys: readonly KeyName[],
  args: readonly (string | number)[],
  now?: number,
) => Promise<unknown>;

/** A script with the names of its keys. */
export interface NamedCall {
  readonly keys: readonly KeyName[];
  readonly args: ScriptCall['args'];
}

export interface Session {
  /** Whether an earlier version may have left states. */
  readonly hasFormer: boolean;
  readonly run: RunOnStore;
  /** The same, resolving only when as many replicas have it as the operator asked for. */
  readonly runAcknowledged: RunOnStore;
  /** The same for several calls of a script, as `RunScripts` does; rejects where none of them is known to have been carried out. */
  readonly runAllAcknowledged: (script: Script, calls: readonly NamedCall[], now: number) => Promise<readonly unknown[]>;
  /** As in `Store`. */
  readonly bind: (fingerprintKey: string) => Promise<boolean>;
  /** If the store was lost: takes up the one that Redis holds now. Rejects with `StoreUnavailableError` where that cannot be. */
  readonly rejoin: () => Promise<void>;
  /**
   * Resolves when these, which are keys of the identity, can be written: all, or all but some of a Cluster's masters that are being replaced. All
   * instances see that, and none of them would be better for callers.
   */
  readonly ping: (identities: readonly string[]) => Promise<void>;
}

export interface SessionOptions {
  readonly layout: Layout;
  /** Finds the identity of the store that is there, or makes it; rejects with `StoreUnavailableError`, of which some explain themselves to an operator. */
  readonly identify: () => Promise<Identity>;
  /** The identity of the store, as `identify` gave it. */
  readonly storeId: string;
  readonly onWarning: (text: string) => void;
  /** Called at once when the store turns out to be lost, before anything is asked of another one. */
  readonly onLost: (error: StoreUnavailableError) => void;
  readonly callerClock: boolean;
}

/** An outage that only an operator ends, who is told so. */
interface Explained {
  readonly explanation: string;
}

const LOST =
  'Redis has lost its state, or another one answers: its API keys and used codes are gone. Restore a backup, or make new API keys ' +
  '(otpd keys create); otpd goes on with either by itself';
const FOREIGN =
  'Redis holds the state of another fingerprint key, under which used codes would pass again: nothing is verified until OTPD_REDIS_URL leads ' +
  'to the Redis of this key, or otpd is started with the key of this Redis';

export interface Identity {
  readonly storeId: string;
  /** Whether this is its first use: it held none. */
  readonly isNew: boolean;
}

/** The identity of a store on one Redis, made if there is none: all that ask at once get the same. Rejects with an error of `redis`. */
export async function identify({ redis, answered }: Connection, home: string): Promise<Identity> {
  const fresh = randomBytes(16).toString('hex');
  const known = await answered(redis.set(home, fresh, 'NX', 'GET'));
  return { storeId: known ?? fresh, isNew: known === null };
}

/** Makes the runners of a session. From the moment the store is found lost until `rejoin` has succeeded, every call is rejected. */
export function createSession(
  runners: Runners,
  { layout, identify: identifyStore, storeId: opened, onWarning, onLost, callerClock }: SessionOptions,
): Session {
  let storeId: string | undefined = opened;
  /** The last that was used. */
  let former = opened;
  let fingerprintKey: string | undefined;
  /** Since when some master has been away. */
  let awaySince: number | undefined;
  /** The last that was said of why a store is not taken up. */
  let said: string | undefined;

  /** Says it once: a late answer to what was asked of a store that is given up already is no news. */
  function lose(expected: string, error: StoreUnavailableError): void {
    if (storeId !== expected) return;
    storeId = undefined;
    onLost(error);
    // Elsewhere it may be a part of the state, which only a look at all of it tells.
    if (layout.hasOneIdentity) warnOnce(LOST);
  }

  function warnOnce(text: string): void {
    if (said !== text) onWarning(text);
    said = text;
  }

  function onStore(runner: RunScript, identity: () => string | undefined): RunOnStore {
    return async (script, keys, args, now) => {
      const expected = identity();
      if (expected === undefined) throw stateLost();
      const reply = checked(await runner(callOf(script, keys, args, expected, now)), expected);
      if (reply instanceof StoreUnavailableError) throw reply;
      return reply;
    };
  }

  function callOf(
    script: Script,
    names: readonly KeyName[],
    args: ScriptCall['args'],
    expected: string,
    now?: number,
  ): ScriptCall {
    const keys = names.map(layout.keyOf);
    return {
      script,
      keys: [layout.identityFor(keys[0] ?? ''), ...keys],
      args: [expected, callerClock ? (now ?? '') : '', ...args],
    };
  }

  /** The reply, or the error if it is that of another store. */
  function checked(reply: unknown, expected: string): unknown {
    if (reply !== STATE_LOST) return reply;
    const error = stateLost();
    lose(expected, error);
    return error;
  }

  const runAcknowledged = onStore(runners.acknowledged.run, () => storeId);

  async function isOurs(found: string): Promise<boolean> {
    if (fingerprintKey === undefined) return true;
    return (await onStore(runners.acknowledged.run, () => found)(BIND, [BOUND], [fingerprintKey])) === 1;
  }

  return {
    hasFormer: layout.hasFormer,
    run: onStore(runners.run, () => storeId),
    runAcknowledged,
    async runAllAcknowledged(script, calls, now) {
      const expected = storeId;
      if (expected === undefined) throw stateLost();
      const replies = await runners.acknowledged.runAll(calls.map(({ keys, args }) => callOf(script, keys, args, expected, now)));
      const known = replies.map((reply) => checked(reply, expected));
      if (known.every((one) => one instanceof StoreUnavailableError)) throw known[0] ?? stateLost();
      return known;
    },
    async bind(key) {
      fingerprintKey = key;
      return (await runAcknowledged(BIND, [BOUND], [key])) === 1;
    },
    async rejoin() {
      if (storeId !== undefined) return;
      const found = await identifyStore().catch((error: unknown) => {
        if (isExplained(error)) warnOnce(error.explanation);
        throw error;
      });
      if (!(await isOurs(found.storeId))) {
        warnOnce(FOREIGN);
        throw new StoreUnavailableError(new Error('the state of another fingerprint key'));
      }
      if (found.storeId !== former && !layout.hasOneIdentity) warnOnce(LOST);
      storeId = found.storeId;
      former = found.storeId;
      said = undefined;
    },
    async ping(identities) {
      const expected = storeId;
      if (expected === undefined) throw stateLost();
      const pings = identities.map((key) => runners.acknowledged.run({ script: PING, keys: [key], args: [expected, ''] }));
      const failures: unknown[] = [];
      for (const one of await Promise.allSettled(pings)) {
        if (one.status === 'rejected') failures.push(one.reason);
        else if (checked(one.value, expected) instanceof Error) throw stateLost();
      }
      awaySince = failures.length === 0 ? undefined : (awaySince ?? performance.now());
      const isFailover = failures.length < identities.length && performance.now() - (awaySince ?? 0) < FAILOVER_MS;
      if (failures.length > 0 && !isFailover) throw failures[0];
    },
  };
}

function isExplained(error: unknown): error is Explained {
  return error instanceof StoreUnavailableError && 'explanation' in error;
}

function stateLost(): StoreUnavailableError {
  return new StoreUnavailableError(new Error(STATE_LOST));
}
