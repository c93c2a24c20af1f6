/** A real Redis Cluster of three masters with a replica each. A test can kill, pause and empty its nodes, and cut them off from their callers. */
import { freePort } from './free-port.ts';
import { type Partition, startPartition } from './partition.ts';
import { type RedisServer, startRedisProgram } from './redis.ts';
import { type Access, type AccessOptions, makeAccess } from './redis-access.ts';
import { isHealthy, isIn, isQuiet, type Seen, seenFrom } from './redis-topology.ts';
import { until } from './until.ts';

const MASTERS = 3;
const SLOTS = 16_384;
const REPLACED_AFTER_MS = 30_000;
/** The proxy listens here. With partitions, the nodes announce this address to callers. */
const PROXY_HOST = '127.0.0.2';

export interface RedisClusterOptions extends AccessOptions {
  /** Further settings of each node. By default a node appends to its file, and syncs the file before it answers. */
  readonly settings?: readonly string[];
  /** Allows a test to cut single nodes off from callers. The nodes still reach each other. */
  readonly partitions?: boolean;
  /** The time after which a silent master is replaced, in ms. By default it is longer than a busy machine may pause, so that none is replaced by accident. */
  readonly replacedAfterMs?: number;
}

export interface ClusterNode extends RedisServer {
  /** The id of the node in the Cluster. */
  readonly id: string;
  /** The partition between callers and the node; undefined without `partitions`. */
  readonly partition: Partition | undefined;
}

export interface RedisCluster extends AsyncDisposable {
  readonly nodes: readonly ClusterNode[];
  /** `host:port` of each node, separated by commas. */
  readonly hosts: string;
  /** The URL `redis-cluster://` or `rediss-cluster://`, with the user if there is one. */
  readonly url: string;
  readonly access: Access;
  /** Returns the masters with slots, as seen by the nodes that are up. */
  readonly masters: () => ClusterNode[];
  /** Returns the master of the slot of a key. */
  readonly masterOf: (key: string) => ClusterNode;
  /** Returns the replicas of a master. */
  readonly replicasOf: (master: ClusterNode) => ClusterNode[];
  /** Resolves when every node that is up sees all slots served, and every replica has all data of its master. */
  readonly healthy: () => Promise<void>;
}

/** Starts a Cluster; resolves when it is healthy. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  await using parts = new AsyncDisposableStack();
  const access = parts.adopt(makeAccess(options), ({ remove }) => remove());
  const nodes = await Promise.all(
    Array.from({ length: 2 * MASTERS }, async () => {
      const server = parts.adopt(await startNode(options, access), (one) => one.stop());
      const at = { port: server.port, host: PROXY_HOST };
      const partition = options.partitions
        ? parts.adopt(await startPartition(at, { ...at, host: '127.0.0.1' }), (one) => one.close())
        : undefined;
      return { ...server, id: server.cli('cluster', 'myid'), partition };
    }),
  );
  const host = options.partitions ? PROXY_HOST : '127.0.0.1';
  const hosts = nodes.map(({ port }) => `${host}:${port}`).join();
  const cluster = { nodes, hosts, url: `${access.isTls ? 'rediss' : 'redis'}-cluster://${access.userInfo}${hosts}`, access };
  await join(nodes);
  await healthy(nodes);
  const owned = parts.move();
  return {
    ...cluster,
    masters() {
      const masters = new Set(
        seenBy(nodes)
          .filter(isMaster)
          .map(({ id }) => id),
      );
      return nodes.filter(({ id }) => masters.has(id));
    },
    masterOf(key) {
      const slot = Number(upOf(nodes).cli('cluster', 'keyslot', key));
      const owner = seenBy(nodes).find(({ slots }) => slots.some((range) => isIn(slot, range)));
      const node = nodes.find(({ id }) => id === owner?.id);
      if (node === undefined) throw new Error(`no master has slot ${slot}`);
      return node;
    },
    replicasOf({ id }) {
      const seen = seenBy(nodes);
      return nodes.filter((node) => seen.some((one) => one.id === node.id && one.masterId === id));
    },
    healthy: () => healthy(nodes),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function startNode(
  {
    settings = ['--appendonly', 'yes', '--appendfsync', 'always'],
    partitions,
    replacedAfterMs = REPLACED_AFTER_MS,
  }: RedisClusterOptions,
  { isTls, serverArgs, cliArgs }: Access,
): Promise<RedisServer> {
  return startRedisProgram(
    async (folder, port) => [
      ...(isTls ? ['--port', '0', '--tls-port'] : ['--port']),
      String(port),
      ...['--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())],
      ...['--cluster-node-timeout', String(replacedAfterMs)],
      // Masters keep their replicas, replicas synchronise at once, and masters serve their slots while others are missing.
      ...['--cluster-allow-replica-migration', 'no', '--repl-diskless-sync-delay', '0', '--cluster-require-full-coverage', 'no'],
      ...(partitions ? ['--cluster-announce-hostname', PROXY_HOST, '--cluster-preferred-endpoint-type', 'hostname'] : []),
      ...serverArgs,
      ...settings,
    ],
    cliArgs,
  );
}

/** Joins the nodes to a Cluster: the first three get the slots, and the others become their replicas. */
async function join(nodes: readonly ClusterNode[]): Promise<void> {
  const [first] = nodes;
  if (first === undefined) throw new Error('a Cluster has nodes');
  for (const [place, node] of nodes.entries()) {
    node.cli('cluster', 'set-config-epoch', String(place + 1));
    if (node !== first) first.cli('cluster', 'meet', '127.0.0.1', String(node.port), busPortOf(node));
  }
  for (const [place, node] of nodes.slice(0, MASTERS).entries()) {
    const [from, to] = [Math.floor((place * SLOTS) / MASTERS), Math.floor(((place + 1) * SLOTS) / MASTERS) - 1];
    node.cli('cluster', 'addslotsrange', String(from), String(to));
  }
  await until('nodes know each other', () => nodes.every((node) => seenFrom(node).length === nodes.length && isQuiet(node)));
  for (const [place, node] of nodes.slice(MASTERS).entries()) {
    const id = nodes[place]?.id ?? '';
    await until('a replica knows its master', () => node.cli('cluster', 'replicate', id) === 'OK');
  }
}

function busPortOf(node: ClusterNode): string {
  return node.cli('config', 'get', 'cluster-port').split('\n')[1] ?? '';
}

async function healthy(nodes: readonly ClusterNode[]): Promise<void> {
  await until('the Cluster is healthy', () => nodes.filter(({ isUp }) => isUp()).every(isHealthy));
}

function isMaster({ flags, slots }: Seen): boolean {
  return flags.includes('master') && !flags.includes('fail') && slots.length > 0;
}

/** Returns the view of the first node that is up. */
function seenBy(nodes: readonly ClusterNode[]): Seen[] {
  return seenFrom(upOf(nodes));
}

function upOf(nodes: readonly ClusterNode[]): ClusterNode {
  const node = nodes.find(({ isUp }) => isUp());
  if (node === undefined) throw new Error('no node is up');
  return node;
}
