/** Failovers of a replicated Redis: a master is lost during calls, and the time until callers are served again is measured. */
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisServer } from '../support/redis.ts';
import type { ClusterNode, RedisCluster } from '../support/redis-cluster.ts';
import { PRIMARY_NAME, type RedisSentinels } from '../support/redis-sentinel.ts';
import { runningMs } from '../support/running-time.ts';
import { until } from '../support/until.ts';
import type { Cluster } from './cluster.ts';
import type { Fault } from './faults.ts';
import type { Random } from './form.ts';
import { codeOf, hotpKey, requestOf, type TestKey } from './keys.ts';

/** How long a master accepts calls whose results reach no replica, in ms. Shorter than replicas may be silent. */
const UNREPLICATED_MS = 200;

/** A Redis that replaces lost masters. */
export interface Replicated {
  readonly masters: () => RedisServer[];
  readonly replicasOf: (master: RedisServer) => RedisServer[];
  /**
   * Whether a new master has replicas left. Without replicas, no server acknowledges its writes until the former master is back, which a supervisor
   * would restart.
   */
  readonly hasSpare: boolean;
  /** Returns the number of failovers that have begun. */
  readonly epoch: () => number;
  readonly healthy: () => Promise<void>;
}

/** Returns a Redis Cluster as a replicated Redis. */
export function replicatedCluster(redis: RedisCluster): Replicated {
  const info = () => redis.nodes.find(({ isUp }) => isUp())?.cli('cluster', 'info') ?? '';
  const replicasOf = (master: RedisServer) => redis.replicasOf(master as ClusterNode);
  return { ...redis, replicasOf, hasSpare: false, epoch: () => Number(/cluster_current_epoch:(\d+)/.exec(info())?.[1]) };
}

/** Returns a primary with its sentinels as a replicated Redis. */
export function replicatedSentinels({ primary, servers, sentinels, healthy }: RedisSentinels): Replicated {
  return {
    masters: () => [primary()],
    replicasOf: (master) => servers.filter((one) => one !== master && one.isUp()),
    hasSpare: true,
    epoch() {
      const fields =
        sentinels
          .find(({ isUp }) => isUp())
          ?.cli('sentinel', 'master', PRIMARY_NAME)
          .split('\n') ?? [];
      return Number(fields[fields.indexOf('config-epoch') + 1]);
    },
    healthy,
  };
}

/** The times of a failover, in ms since the master was lost. */
export interface Recovery {
  /** The time at which Redis named another master. */
  readonly electedMs: number;
  /** The time at which every instance judged codes again, for keys on every master. */
  readonly judgingMs: number;
  /** Whether the replicas or sentinels agreed at the first try. Otherwise they try again after a pause, on which callers have no influence. */
  readonly isFirstTry: boolean;
}

/** How a master is lost: `killed` ends it and an instance; `paused` resumes it later, when it does not know yet of its successor. */
export type Loss = 'killed' | 'paused';

/**
 * Returns a fault that loses a master, waits until the service is healthy without it, and brings the master back. Adds each failover to `recoveries`.
 */
export function failover(
  cluster: Pick<Cluster, 'instances' | 'apiKeys'>,
  redis: Replicated,
  loss: Loss,
  probes: readonly TestKey[],
  random: Random,
  recoveries: Recovery[],
): Fault {
  let lost: { readonly master: RedisServer; readonly masters: number; readonly at: number; readonly epoch: number };
  const killed = random.pick(cluster.instances);
  const others = { ...cluster, instances: cluster.instances.filter((one) => loss === 'paused' || one !== killed) };
  return {
    name: `a master is ${loss}`,
    async begin() {
      // Callers are in the middle of calls then.
      await pause(300);
      const masters = redis.masters();
      const master = random.pick(masters);
      const epoch = redis.epoch();
      const replicas = redis.replicasOf(master);
      await partFromReplicas(master, replicas);
      if (loss === 'killed') await Promise.all([master.kill(), killed.kill()]);
      else master.pause();
      for (const replica of replicas) replica.resume();
      lost = { master, masters: masters.length, at: runningMs(), epoch };
    },
    async end() {
      const bringBack = async () => (loss === 'killed' ? lost.master.restart() : lost.master.resume());
      const isReplaced = () => {
        const now = redis.masters();
        return !now.includes(lost.master) && now.length === lost.masters;
      };
      const replaced = until('the lost master is replaced', isReplaced).then(async () => {
        const electedMs = runningMs() - lost.at;
        if (!redis.hasSpare) await bringBack();
        return electedMs;
      });
      await untilJudging(others, probes);
      const judgingMs = runningMs() - lost.at;
      recoveries.push({ electedMs: await replaced, judgingMs, isFirstTry: redis.epoch() === lost.epoch + 1 });
      if (redis.hasSpare) await bringBack();
      if (loss === 'killed') await killed.start();
      await redis.healthy();
    },
  };
}

/**
 * Cuts a master off from its replicas for a while. If the service did not wait for a replica, it would give answers that the successor never learns.
 */
async function partFromReplicas(master: RedisServer, replicas: readonly RedisServer[]): Promise<void> {
  for (const replica of replicas) replica.pause();
  master.cli('client', 'kill', 'type', 'replica');
  await pause(UNREPLICATED_MS);
}

/** Resolves when every instance judges the codes of every key. */
export async function untilJudging(
  { instances, apiKeys: [apiKey = ''] }: Pick<Cluster, 'instances' | 'apiKeys'>,
  keys: readonly TestKey[],
): Promise<void> {
  const judged = async ({ caller }: Cluster['instances'][number], key: TestKey): Promise<void> => {
    const request = requestOf(key, codeOf(key, key.first), { allowReuse: true });
    while ((await caller.verify(request, apiKey)).outcome === 'unknown') await pause(20);
  };
  await Promise.all(instances.flatMap((one) => keys.map((key) => judged(one, key))));
}

/** Returns a key for each master, in the order of `masters`, whose state is on that master. */
export function keyOnEach(redis: RedisCluster, { fingerprints }: Cluster, random: Random): TestKey[] {
  const found = new Map<RedisServer, TestKey>();
  const masters = redis.masters();
  while (found.size < masters.length) {
    const key = hotpKey(random);
    found.set(redis.masterOf(stateKeyOf(fingerprints, key)), key);
  }
  return masters.map((one) => found.get(one) as TestKey);
}

/** Returns the name of the state of a key in a Cluster. */
export function stateKeyOf(fingerprints: Cluster['fingerprints'], key: TestKey): string {
  return `otpd:c:{${fingerprints.ofSecret(key.bytes, 'SHA1')}}`;
}
