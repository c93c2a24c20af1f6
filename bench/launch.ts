/** Starts the server of a row in a new folder, with a known API key. */
import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureRingFile, ringFile } from '../src/app/ring-file.ts';
import { freePort } from '../test/support/free-port.ts';
import { removeFolder, temporaryFolder } from './cleanup.ts';
import { onAllCores, pinned } from './pinning.ts';
import { type RedisProcess, startRedisOf } from './redis-process.ts';
import { root } from './root.ts';
import type { Serving } from './rows.ts';
import { ownEnvironment, type ServerProcess, startServer } from './server-process.ts';

/** A running server, with the data that callers need. */
export interface Launched {
  readonly server: ServerProcess;
  /** The address of its HTTP door, if it has one. */
  readonly httpAddress: string;
  readonly apiKey: string;
  /** The folder of this server: its data, its log and temporary files. */
  readonly folder: string;
  readonly log: string;
  /** The file for its own figures, if it writes any. */
  readonly figuresFile: string;
  /** The Redis behind the server, if it uses Redis. */
  readonly redis: RedisProcess | undefined;
  /** Stops the server and removes its folder. Rejects if the server has ended before. */
  readonly stop: () => Promise<void>;
}

/** The highest limit that a plan can have. */
const PLENTY = 1_000_000_000;
const PLANS = { plenty: { minute: PLENTY, hour: PLENTY, day: PLENTY }, endless: {} };

/** A data folder with API keys. The command line makes it once, and each server gets a copy. */
let template: { readonly folder: string; readonly keys: Readonly<Record<keyof typeof PLANS, string>> } | undefined;

/** Starts the server that `serving` describes. `fill` may add to its data folder first. */
export async function launch(serving: Serving, fill: (dataDir: string) => void = () => undefined): Promise<Launched> {
  template ??= makeTemplate();
  const folder = temporaryFolder();
  cpSync(template.folder, folder, { recursive: true });
  fill(join(folder, 'data'));
  const plan = serving.limits ? 'plenty' : 'endless';
  const [log, figuresFile] = [join(folder, 'log'), join(folder, 'figures.json')];
  const redis = serving.redis === undefined ? undefined : await startRedisOf(serving.redis);
  const apiKey = redis === undefined ? template.keys[plan] : makeKey(plan, ['--redis-url', redis.url], folder);
  const httpListen = `127.0.0.1:${await freePort()}`;
  const node: [string, ...string[]] = [process.execPath, ...flagsOf(serving), ...programOf(serving, folder, redis, httpListen)];
  const env = { BENCH_API_KEY: apiKey, BENCH_FIGURES_FILE: figuresFile };
  const command = serving.workers === undefined ? pinned('server', node) : onAllCores(node);
  const server = await startServer(command, env, log);
  return {
    server,
    httpAddress: isPeer(serving) ? server.address : httpListen,
    apiKey,
    folder,
    log,
    figuresFile,
    redis,
    async stop() {
      await server.stop();
      await redis?.stop();
      removeFolder(folder);
    },
  };
}

/** No server gets V8 flags: the product and the bare handlers set their V8 options themselves. */
function flagsOf({ watched, metrics }: Serving): string[] {
  if (metrics === 'switched') return ['--import', root('bench/servers/switched.ts')];
  return watched ? ['--import', root('bench/servers/loop-watch.ts')] : [];
}

function isPeer({ kind }: Serving): boolean {
  return kind === 'bare-json' || kind === 'fastify' || kind === 'connect-node';
}

function programOf(serving: Serving, folder: string, redis: RedisProcess | undefined, httpListen: string): string[] {
  const { kind, logs, workers, fastPath, metrics } = serving;
  if (kind === 'bare' || kind === 'naive' || isPeer(serving))
    return [root(`bench/servers/${kind}.ts`), ...(serving.http2 ? ['--h2'] : [])];
  const data = ['--data-dir', join(folder, 'data')];
  if (kind === 'least') return [root('bench/servers/least.ts'), ...data];
  const common = [...data, '--plans', join(folder, 'plans.json'), '--log-level', logs ? 'info' : 'error'];
  if (kind === 'no-once') return [root('bench/servers/ours.ts'), ...common];
  if (kind === 'qrcode') return [root('bench/servers/qrcode.ts'), ...common];
  return [
    ...[
      root(kind === 'installed' ? 'dist/src/bin.js' : 'src/main.ts'),
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--http-listen',
      httpListen,
      ...common,
    ],
    ...(redis === undefined ? [] : ['--redis-url', redis.url, '--fingerprint-key-file', join(folder, 'fingerprint-key')]),
    ...(serving.replicas === undefined ? [] : ['--redis-wait', String(serving.replicas)]),
    ...(workers === undefined ? [] : ['--workers', String(workers)]),
    ...(fastPath === false ? ['--fast-path', 'off'] : []),
    ...(metrics === false ? ['--ops-listen', 'off'] : []),
  ];
}

function makeTemplate(): NonNullable<typeof template> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'plans.json'), JSON.stringify(PLANS));
  writeFileSync(join(folder, 'fingerprint-key'), '0123456789abcdef'.repeat(4), { mode: 0o600 });
  ensureRingFile(ringFile(join(folder, 'data')), Date.now());
  const data = ['--data-dir', join(folder, 'data')];
  return { folder, keys: { plenty: makeKey('plenty', data, folder), endless: makeKey('endless', data, folder) } };
}

function makeKey(plan: string, store: readonly string[], folder: string): string {
  const plans = ['--plans', join(folder, 'plans.json'), '--name', 'bench', '--plan', plan];
  const args = [root('src/main.ts'), 'keys', 'create', ...plans, ...store];
  return execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: ownEnvironment(),
  }).trim();
}
