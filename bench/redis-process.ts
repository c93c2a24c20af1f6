/** The Redis of the bench, on the core of the load. Each node appends every write to its file, as one-time use requires. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type RedisServer, startRedis } from '../test/support/redis.ts';
import { startRedisCluster } from '../test/support/redis-cluster.ts';
import { startRedisSentinels } from '../test/support/redis-sentinel.ts';
import { cpuMicrosOf } from './server-process.ts';

/** A single server; a primary with two replicas and three sentinels; or three masters with a replica each. */
export type Topology = 'single' | 'sentinel' | 'cluster';

export interface RedisProcess {
  readonly url: string;
  /** Resolves to the number of round trips so far, as the nodes count them: the product sends only scripts. */
  readonly roundTrips: () => Promise<number>;
  /** Returns the CPU time of all nodes so far, including replicas and sentinels, in µs. */
  readonly cpuMicros: () => number;
  readonly stop: () => Promise<void>;
}

const SETTINGS = ['--appendonly', 'yes'];

/** Starts Redis. Its processes run on the core of this process, the core of the load. */
export async function startRedisOf(topology: Topology): Promise<RedisProcess> {
  if (topology === 'single') {
    const server = await startRedis(SETTINGS);
    return processOf(server.url, [server], [], server.stop);
  }
  if (topology === 'sentinel') {
    const set = await startRedisSentinels({ settings: SETTINGS });
    return processOf(set.url, set.servers, set.sentinels, async () => await set[Symbol.asyncDispose]());
  }
  const cluster = await startRedisCluster({ settings: SETTINGS });
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

/** Returns how many times scripts were called. The commands inside a script are not round trips. */
export function scriptCalls(commandStats: string): number {
  const calls = commandStats.matchAll(/^cmdstat_(?:eval|evalsha)(?:_ro)?:calls=(\d+),/gm);
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
}
