/** The Redis of the bench, on the core of the load: each node appends every write to its file, as it should for one-time use. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type RedisServer, startRedis } from '../test/support/redis.ts';
import { startRedisCluster } from '../test/support/redis-cluster.ts';
import { startRedisSentinels } from '../test/support/redis-sentinel.ts';
import { cpuMicrosOf } from './server-process.ts';

/** A single one; one with two replicas and three sentinels; three masters with a replica each. */
export type Topology = 'single' | 'sentinel' | 'cluster';

export interface RedisProcess {
  readonly url: string;
  /** Round trips so far, by the count of all nodes: the product asks them nothing but scripts. */
  readonly roundTrips: () => Promise<number>;
  /** CPU time of all nodes so far, replicas and sentinels too, in µs. */
  readonly cpuMicros: () => number;
  readonly stop: () => Promise<void>;
}

const SETTINGS = ['--appendonly', 'yes'];

/** Starts it. Its processes run where this one does: on the core of the load. */
export async function startRedisOf(topology: Topology): Promise<RedisProcess> {
  if (topology === 'single') {
    const server = await startRedis(SETTINGS);
    return processOf(server.url, [server], [], server.stop);
  }
  if (topology === 'sentinel') {
    const set = await startRedisSentinels({ settings: SETTINGS });
    return processOf(set.url, set.servers, set.sentinels, async () => await set[Symbol.asyncDispose]());
  }
  const cluster = await startRedisCluster({ settings: SETTINGS, nodeTimeoutMs: 15_000 });
  return processOf(cluster.url, cluster.nodes, [], async () => await cluster[Symbol.asyncDispose]());
}

function processOf(
  url: string,
  servers: readonly RedisServer[],
  sentinels: readonly RedisServer[],
  stop: () => Promise<void>,
): RedisProcess {
  const sum = (figures: readonly number[]): number => figures.reduce((all, one) => all + one, 0);
  return {
    url,
    roundTrips: async () => sum(await Promise.all(servers.map(scriptsOf))),
    cpuMicros: () => sum([...servers, ...sentinels].map((one) => cpuMicrosOf(one.pid()))),
    stop,
  };
}

async function scriptsOf({ port }: RedisServer): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.end('INFO commandstats\r\nQUIT\r\n');
  return scriptCalls(await text(socket));
}

/** How often a script was called. Commands that a script calls are not round trips. */
export function scriptCalls(commandStats: string): number {
  const calls = commandStats.matchAll(/^cmdstat_(?:eval|evalsha)(?:_ro)?:calls=(\d+),/gm);
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
}
