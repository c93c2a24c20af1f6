/** A real redis-server on a free port with its own folder, to be stopped, killed, paused and started again as a test needs it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastingPort } from './free-port.ts';
import { suiteUnless } from './needy-suite.ts';

/** How often a port that was free a moment ago may turn out to be taken. */
const TRIES = 5;
/** Of a server, and of a sentinel. */
const READY = /Ready to accept connections|\+monitor master/;

/** How long redis-cli may wait for a server that is silent, in ms. */
const CLI_TIMEOUT_MS = 10_000;
/** The data of a server, in its folder. */
const DATA = ['appendonlydir', 'dump.rdb'];

/** Of everything in a Redis with the traces of ten thousand calls, in bytes. */
const MOST_TOLD = 256 * 1024 * 1024;

export interface RedisServer {
  readonly port: number;
  /** Without user and password. */
  readonly url: string;
  /** Where its files are; `appendonlydir` among them if it appends. */
  readonly folder: string;
  /** Asks it by redis-cli; throws on an error. */
  readonly cli: (...args: string[]) => string;
  /** Of its latest process. */
  readonly pid: () => number;
  /** Whether it is neither ended nor paused. */
  readonly isUp: () => boolean;
  /** SIGSTOP: alive, but silent. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again, in the same folder and on the same port, with more settings if they are given. */
  readonly restart: (more?: readonly string[]) => Promise<void>;
  /** The same, but without the data that it kept: a node of a Cluster still knows its slots. */
  readonly restartEmpty: () => Promise<void>;
  /** Ends it for good and removes its files. */
  readonly stop: () => Promise<void>;
}

/** None outlives the tests, however they end, and nothing of theirs stays. */
const children = new Set<ChildProcess>();
const folders = new Set<string>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A suite that needs redis-server. */
export function redisSuite(name: string, suite: () => void): void {
  const isInstalled = spawnSync('redis-server', ['--version']).status === 0;
  suiteUnless(isInstalled ? undefined : 'redis-server is not installed', name, suite);
}

/** The arguments of a program, given its folder and port; asked for anew whenever a port of an earlier answer was taken. */
export type Arguments = (folder: string, port: number) => readonly string[] | Promise<readonly string[]>;

/** Starts a server with settings such as `['--appendonly', 'yes']`; it keeps nothing on disk unless told to. */
export function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const portName = args.includes('--tls-cert-file') ? ['--port', '0', '--tls-port'] : ['--port'];
  return startRedisProgram((folder, port) => [
    ...[...portName, String(port), '--dir', folder, '--save', '', '--bind', '127.0.0.1'],
    ...args,
  ]);
}

/** Starts redis-server as whatever `argumentsOf` make of it; `cliArgs` are what redis-cli needs to be let in. */
export async function startRedisProgram(argumentsOf: Arguments, cliArgs: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-redis-'));
  folders.add(folder);
  let port = 0;
  let args: readonly string[] = [];
  let child: ChildProcess | undefined;
  for (let left = TRIES; child === undefined; left -= 1) {
    if (left === 0) throw new Error(`redis-server does not start with ${args.join(' ')}`);
    port = await lastingPort();
    args = await argumentsOf(folder, port);
    child = await ready(spawn('redis-server', args));
  }
  let running: ChildProcess = child;
  let isPaused = false;
  const isUp = () => running.exitCode === null && running.signalCode === null && !isPaused;

  async function kill(): Promise<void> {
    isPaused = false;
    if (!isUp()) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  }

  async function restart(more: readonly string[] = []): Promise<void> {
    await kill();
    const again = await ready(spawn('redis-server', [...args, ...more]));
    if (again === undefined) throw new Error('redis-server does not start again');
    running = again;
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    cli: (...command) =>
      execFileSync('redis-cli', ['-p', String(port), ...cliArgs, '-e', ...command], {
        encoding: 'utf8',
        maxBuffer: MOST_TOLD,
        timeout: CLI_TIMEOUT_MS,
        stdio: ['ignore', 'pipe', 'pipe'],
      }).trimEnd(),
    pid: () => running.pid ?? Number.NaN,
    isUp,
    pause() {
      isPaused = true;
      running.kill('SIGSTOP');
    },
    resume() {
      isPaused = false;
      running.kill('SIGCONT');
    },
    kill,
    restart,
    async restartEmpty() {
      await kill();
      for (const name of DATA) rmSync(join(folder, name), { recursive: true, force: true });
      await restart();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
  };
}

/** The server once it takes connections; undefined if it ends before. */
async function ready(child: ChildProcess): Promise<ChildProcess | undefined> {
  children.add(child);
  child.once('exit', () => children.delete(child));
  const isReady = new Promise<ChildProcess>((resolve) => {
    child.stdout?.on('data', (text) => READY.test(String(text)) && resolve(child));
  });
  return Promise.race([isReady, once(child, 'exit').then(() => undefined)]);
}
