/** A Redis that accepts writes: its connections, checked before use, and the ways to run scripts on it. */
import { createAcknowledgedRun } from './acknowledged.ts';
import { checkServer } from './check.ts';
import { type Connection, connect, type RedisTls, textOf } from './connection.ts';
import { RedisAwayError } from './error.ts';
import { createRun, createRunAll, loadScripts, type Runners } from './script.ts';
import type { RedisAddress } from './url.ts';

export interface Master {
  readonly connection: Connection;
  readonly runners: Runners;
  /** Called with warnings for an operator, each on one line. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

export interface MasterOptions {
  readonly tls: RedisTls;
  /** The number of replicas that must acknowledge. */
  readonly waitReplicas: number;
  /** As in `EngineOptions`. */
  readonly leastPatienceMs?: number;
  /** If set, a master whose connection is lost is closed and not connected to again, and this function is called once. */
  readonly onLost?: (() => void) | undefined;
}

/**
 * Connects to a master and checks it. Throws `RedisSetupError` within some seconds if it cannot be reached, refuses the user, is older than 7, is a replica, or may evict
 * keys.
 */
export async function openMaster(
  address: RedisAddress,
  { tls, waitReplicas, leastPatienceMs = 0, onLost }: MasterOptions,
): Promise<Master> {
  await using opened = new AsyncDisposableStack();
  const connectTo = async (onSilence?: () => void): Promise<Connection> =>
    opened.adopt(await connect(address, tls, { leastPatienceMs, onSilence, onEnd: onLost && lose }), (one) => one.close());
  let owned: AsyncDisposableStack | undefined;
  let isLost = false;
  function lose(): void {
    if (isLost) return;
    isLost = true;
    void owned?.disposeAsync();
    onLost?.();
  }

  let acknowledging: Connection | undefined;
  // If the first connection has waited in vain, the second must not wait again, since a call uses both one after the other.
  const connection = await connectTo(() => acknowledging?.leave());
  const warnings = await checkServer(connection, waitReplicas);
  await loadScripts(connection);
  const own = { run: createRun(connection), runAll: createRunAll(connection) };
  if (waitReplicas > 0) acknowledging = await connectTo();
  const runners = { ...own, acknowledged: acknowledging ? createAcknowledgedRun(acknowledging, waitReplicas) : own };
  if (isLost) throw new RedisAwayError(`at ${textOf(address)} cannot be used (connection lost): see that it runs`);
  const mine = opened.move();
  owned = mine;
  return { connection, runners, warnings, close: () => mine.disposeAsync() };
}
