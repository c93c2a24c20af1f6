/** Failovers of a Redis that is replicated: a master is lost in the middle of calls, and how long that keeps callers waiting. */
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

/** How long a master takes calls whose results no replica gets, in ms: less than replicas may be silent. */
const UNREPLICATED_MS = 200;

/** A Redis whose masters are replaced when they are lost. */
export interface Replicated {
  readonly masters: () => RedisServer[];
  readonly replicasOf: (master: RedisServer) => RedisServer[];
  /** Whether a new master has replicas left. Without, nobody acknowledges what it writes before the former one is back, as its supervisor brings it. */
  readonly hasSpare: boolean;
  /** How often a failover has been begun. */
  readonly epoch: () => number;
  readonly healthy: () => Promise<void>;
}

/** A Redis Cluster as one. */
export function replicatedCluster(redis: RedisCluster): Replicated {
  const info = () => redis.nodes.find(({ isUp }) => isUp())?.cli('cluster', 'info') ?? '';
  const replicasOf = (master: RedisServer) => redis.replicasOf(master as ClusterNode);
  return { ...redis, replicasOf, hasSpare: false, epoch: () => Number(/cluster_current_epoch:(\d+)/.exec(info())?.[1]) };
}

/** A primary with its sentinels as one. */
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

/** How a failover went, in ms since the master was lost. */
export interface Recovery {
  /** When Redis named another master. */
  readonly electedMs: number;
  /** When every instance judged codes again, for keys of every master. */
  readonly judgingMs: number;
  /** Whether the replicas, or the sentinels, agreed at once. If not they begin again, whatever callers do. */
  readonly isFirstTry: boolean;
}

/** The ways to lose a master: `killed` ends it, and an instance with it; `paused` leaves it a master that knows nothing of its successor when it goes on. */
export type Loss = 'killed' | 'paused';

/** A fault that loses a master, waits until all is well without it, and brings it back. Every failover is added to `recoveries`. */
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
      // In the middle: callers are at work.
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

/** For a while the master goes on alone: an answer that did not wait for a replica then speaks of what its successor never gets. */
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

/** A key whose state each master has, in the order of `masters`. */
export function keyOnEach(redis: RedisCluster, { fingerprints }: Cluster, random: Random): TestKey[] {
  const found = new Map<RedisServer, TestKey>();
  const masters = redis.masters();
  while (found.size < masters.length) {
    const key = hotpKey(random);
    found.set(redis.masterOf(stateKeyOf(fingerprints, key)), key);
  }
  return masters.map((one) => found.get(one) as TestKey);
}

/** The name of the state of a key in a Cluster. */
export function stateKeyOf(fingerprints: Cluster['fingerprints'], key: TestKey): string {
  return `otpd:c:{${fingerprints.ofSecret(key.bytes, 'SHA1')}}`;
}
