/** A real Redis with two replicas and three sentinels, for tests that replace its primary. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RedisServer, startRedisProgram } from './redis.ts';
import { type Access, type AccessOptions, makeAccess } from './redis-access.ts';
import { until } from './until.ts';

const REPLICAS = 2;
const SENTINELS = 3;
const QUORUM = 2;
const REPLACED_AFTER_MS = 30_000;
/** If the sentinels have not agreed on a leader, they try again after twice this time, in ms. */
const FAILOVER_TIMEOUT_MS = 3000;

/** The interval at which sentinels read the roles of servers, in ms. The default is ten seconds, which would delay tests. */
const INFO_PERIOD_MS = 1000;

/** The name of the primary in the sentinels. */
export const PRIMARY_NAME = 'otpd';

export interface RedisSentinelOptions extends AccessOptions {
  /** Further settings of each server. By default a server appends to its file, and syncs the file before it answers. */
  readonly settings?: readonly string[];
  /** The time after which a silent primary is replaced, in ms. By default it is longer than a busy machine may pause, so that none is replaced by accident. */
  readonly replacedAfterMs?: number;
}

export interface RedisSentinels extends AsyncDisposable {
  /** The servers. The first is the primary at the start. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** `host:port` of each sentinel, separated by commas. */
  readonly hosts: string;
  /** The URL `redis-sentinel://` or `rediss-sentinel://`, with the user of the servers if there is one, and the name of the primary. */
  readonly url: string;
  readonly access: Access;
  /** Returns the server that the sentinels name. */
  readonly primary: () => RedisServer;
  /** Resolves when all running servers and sentinels agree on a primary, and each replica has all data of the primary. */
  readonly healthy: () => Promise<void>;
}

/** Starts servers and sentinels; resolves when all are healthy. */
export async function startRedisSentinels(options: RedisSentinelOptions = {}): Promise<RedisSentinels> {
  await using parts = new AsyncDisposableStack();
  const access = parts.adopt(makeAccess(options), ({ remove }) => remove());
  const start = async (primary?: RedisServer) => parts.adopt(await startServer(options, access, primary), (one) => one.stop());
  const primary = await start();
  const servers = [primary, ...(await Promise.all(Array.from({ length: REPLICAS }, () => start(primary))))];
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, async () =>
      parts.adopt(await startSentinel(primary, access, options), (one) => one.stop()),
    ),
  );
  for (const one of sentinels) one.cli('sentinel', 'debug', 'info-period', String(INFO_PERIOD_MS));
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join();
  const set = {
    servers,
    sentinels,
    hosts,
    url: `${access.isTls ? 'rediss' : 'redis'}-sentinel://${access.userInfo}${hosts}/${PRIMARY_NAME}`,
    access,
    primary: () =>
      primaryBy(
        sentinels.find(({ isUp }) => isUp()),
        servers,
      ),
    healthy: () => until('the sentinels and their servers are healthy', () => isHealthy(servers, sentinels)),
  };
  await set.healthy();
  const owned = parts.move();
  return { ...set, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function startServer(
  { settings = ['--appendonly', 'yes', '--appendfsync', 'always'] }: RedisSentinelOptions,
  { isTls, serverArgs, cliArgs }: Access,
  primary: RedisServer | undefined,
): Promise<RedisServer> {
  return startRedisProgram(
    (folder, port) => [
      ...(isTls ? ['--port', '0', '--tls-port'] : ['--port']),
      String(port),
      ...['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--repl-diskless-sync-delay', '0'],
      ...(primary ? ['--replicaof', '127.0.0.1', String(primary.port)] : []),
      ...serverArgs,
      ...settings,
    ],
    cliArgs,
  );
}

function startSentinel(
  primary: RedisServer,
  { isTls, sentinelLines, sentinelCliArgs }: Access,
  { replacedAfterMs = REPLACED_AFTER_MS }: RedisSentinelOptions,
): Promise<RedisServer> {
  return startRedisProgram((folder, port) => {
    const file = join(folder, 'sentinel.conf');
    const lines = [
      ...(isTls ? ['port 0', `tls-port ${port}`] : [`port ${port}`]),
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel myid ${randomBytes(20).toString('hex')}`,
      `sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primary.port} ${QUORUM}`,
      `sentinel down-after-milliseconds ${PRIMARY_NAME} ${replacedAfterMs}`,
      `sentinel failover-timeout ${PRIMARY_NAME} ${FAILOVER_TIMEOUT_MS}`,
      ...sentinelLines(PRIMARY_NAME),
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return [file, '--sentinel'];
  }, sentinelCliArgs);
}

function primaryBy(sentinel: RedisServer | undefined, servers: readonly RedisServer[]): RedisServer {
  const [, port] = sentinel?.cli('sentinel', 'get-master-addr-by-name', PRIMARY_NAME).split('\n') ?? [];
  const server = servers.find((one) => String(one.port) === port);
  if (server === undefined) throw new Error('the sentinels name no primary');
  return server;
}

function isHealthy(servers: readonly RedisServer[], sentinels: readonly RedisServer[]): boolean {
  const up = servers.filter(({ isUp }) => isUp());
  const watching = sentinels.filter(({ isUp }) => isUp());
  const primaries = new Set(watching.map((one) => primaryBy(one, servers)));
  const [primary] = primaries;
  if (primary === undefined || primaries.size > 1) return false;
  const agreed = watching.every((one) => {
    const seen = one.cli('sentinel', 'master', PRIMARY_NAME).split('\n');
    const member = (name: string) => seen[seen.indexOf(name) + 1];
    return (
      member('flags') === 'master' &&
      Number(member('num-other-sentinels')) >= watching.length - 1 &&
      Number(member('num-slaves')) >= up.length - 1
    );
  });
  return (
    agreed &&
    up.every((one) => {
      const replication = one.cli('info', 'replication');
      return one === primary ? /role:master/.test(replication) : /master_link_status:up/.test(replication);
    })
  );
}
