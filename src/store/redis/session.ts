/** The session that the parts of the Redis store share: the names of keys, the running of scripts, and the identity of the store. */
import { randomBytes } from 'node:crypto';
import { StoreUnavailableError } from '../../ports/store.ts';
import type { Connection } from './connection.ts';
import type { KeyName, Layout } from './layout.ts';
import { type Runners, type RunScript, type Script, type ScriptCall, STATE_LOST, writingScript } from './script.ts';

/** The key of the check value of the fingerprint key. */
const BOUND: KeyName = ['bound'];

/** How long one of several masters may be unreachable, in ms, before the store counts as unavailable: a failover takes less. */
const FAILOVER_MS = 5000;

/** Writes the check value of a fingerprint key if there is none; returns 1 if the stored value is the same. */
const BIND = writingScript(`
redis.call('SET', KEYS[2], ARGV[3], 'NX')
return redis.call('GET', KEYS[2]) == ARGV[3] and 1 or 0
`);

/** Writes the identity again, without a change: only a write shows that Redis is read-only, full or unable to save. */
const PING: Script = writingScript(`redis.call('SET', KEYS[1], ARGV[1])`);

/** Runs a script on keys of one owner. Only tests use `now`. */
export type RunOnStore = (
  script: Script,
  keys: readonly KeyName[],
  args: readonly (string | number)[],
  now?: number,
) => Promise<unknown>;

/** A script and the names of its keys. */
export interface NamedCall {
  readonly keys: readonly KeyName[];
  readonly args: ScriptCall['args'];
}

export interface Session {
  /** Whether an earlier version may have left states. */
  readonly hasFormer: boolean;
  readonly run: RunOnStore;
  /** The same; resolves only when the configured number of replicas has the writes. */
  readonly runAcknowledged: RunOnStore;
  /** The same for several calls of a script, as in `RunScripts`; rejects if none of them is known to have been carried out. */
  readonly runAllAcknowledged: (script: Script, calls: readonly NamedCall[], now: number) => Promise<readonly unknown[]>;
  /** As in `Store`. */
  readonly bind: (fingerprintKey: string) => Promise<boolean>;
  /** Adopts the store that Redis holds now, if the store was lost. Rejects with `StoreUnavailableError` if that is not possible. */
  readonly rejoin: () => Promise<void>;
  /**
   * Resolves when these keys of identities can be written: all of them, or all except those on some masters of a Cluster that are being replaced.
   * Another instance would not serve callers better, since every instance sees the same.
   */
  readonly ping: (identities: readonly string[]) => Promise<void>;
}

export interface SessionOptions {
  readonly layout: Layout;
  /** Finds the identity of the present store, or makes it. Rejects with `StoreUnavailableError`, whose message may be for an operator. */
  readonly identify: () => Promise<Identity>;
  /** The identity of the store, as `identify` returned it. */
  readonly storeId: string;
  readonly onWarning: (text: string) => void;
  /** Called at once when the store turns out to be lost, before another store is used. */
  readonly onLost: (error: StoreUnavailableError) => void;
  readonly callerClock: boolean;
}

/** An outage that only an operator can end; the message is logged for the operator. */
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
  /** Whether the store is new, and had no identity. */
  readonly isNew: boolean;
}

/** The identity of a store on one Redis, made if there is none; concurrent callers get the same. Rejects with an error of `redis`. */
export async function identify({ redis, answered }: Connection, home: string): Promise<Identity> {
  const fresh = randomBytes(16).toString('hex');
  const known = await answered(redis.set(home, fresh, 'NX', 'GET'));
  return { storeId: known ?? fresh, isNew: known === null };
}

/** Makes the runners of a session. From the loss of the store until `rejoin` has succeeded, every call is rejected. */
export function createSession(
  runners: Runners,
  { layout, identify: identifyStore, storeId: opened, onWarning, onLost, callerClock }: SessionOptions,
): Session {
  let storeId: string | undefined = opened;
  /** The last identity in use. */
  let former = opened;
  let fingerprintKey: string | undefined;
  /** Since when a master has been unreachable. */
  let awaySince: number | undefined;
  /** The last reported reason why a store is not adopted. */
  let said: string | undefined;

  /** Reports a loss once: a late answer of a store that is abandoned already is not another loss. */
  function lose(expected: string, error: StoreUnavailableError): void {
    if (storeId !== expected) return;
    storeId = undefined;
    onLost(error);
    // In a Cluster it may be a part of the state, which only a look at all slots shows.
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

  /** The reply, or an error if it comes from another store. */
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
