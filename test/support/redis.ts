/** A real redis-server with a free port and a new folder, which a test can stop, kill, pause and start again. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { suiteUnless } from './needy-suite.ts';

/** The most tries for a free port, since another program may take a port first. */
const TRIES = 5;
/** The log line of a server, or of a sentinel, that is ready. */
const READY = /Ready to accept connections|\+monitor master/;

/** How long redis-cli waits for a silent server, in ms. */
const CLI_TIMEOUT_MS = 10_000;
/** The data files in the folder of a server. */
const DATA = ['appendonlydir', 'dump.rdb'];

/** The most output of redis-cli, in bytes: all data of a Redis after ten thousand calls. */
const MOST_TOLD = 256 * 1024 * 1024;

export interface RedisServer {
  readonly port: number;
  /** The URL without user and password. */
  readonly url: string;
  /** The folder of its files, which include `appendonlydir` if the server appends. */
  readonly folder: string;
  /** Runs a command with redis-cli; throws if it fails. */
  readonly cli: (...args: string[]) => string;
  /** Returns the process id of the latest process. */
  readonly pid: () => number;
  /** Whether the process runs and is not paused. */
  readonly isUp: () => boolean;
  /** Sends SIGSTOP: the process lives but does not answer. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Sends SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts the server again in the same folder and on the same port, with `more` settings. */
  readonly restart: (more?: readonly string[]) => Promise<void>;
  /** Starts the server again without its data. A node of a Cluster still knows its slots. */
  readonly restartEmpty: () => Promise<void>;
  /** Ends the server and removes its files. */
  readonly stop: () => Promise<void>;
}

/** No server outlives the tests, and none of their files, however the tests end. */
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

/** Returns the arguments of a program for its folder and port. Called again if the port was taken. */
export type Arguments = (folder: string, port: number) => readonly string[] | Promise<readonly string[]>;

/** Starts a server with settings such as `['--appendonly', 'yes']`. By default the server keeps nothing on disk. */
export function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const portName = args.includes('--tls-cert-file') ? ['--port', '0', '--tls-port'] : ['--port'];
  return startRedisProgram((folder, port) => [
    ...[...portName, String(port), '--dir', folder, '--save', '', '--bind', '127.0.0.1'],
    ...args,
  ]);
}

/** Starts redis-server with the arguments that `argumentsOf` returns. `cliArgs` are the credentials for redis-cli. */
export async function startRedisProgram(argumentsOf: Arguments, cliArgs: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-redis-'));
  folders.add(folder);
  let port = 0;
  let args: readonly string[] = [];
  let child: ChildProcess | undefined;
  for (let left = TRIES; child === undefined; left -= 1) {
    if (left === 0) throw new Error(`redis-server does not start with ${args.join(' ')}`);
    port = await freePort();
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

/** Resolves to the server when it accepts connections, and to undefined if it ends before. */
async function ready(child: ChildProcess): Promise<ChildProcess | undefined> {
  children.add(child);
  child.once('exit', () => children.delete(child));
  const isReady = new Promise<ChildProcess>((resolve) => {
    child.stdout?.on('data', (text) => READY.test(String(text)) && resolve(child));
  });
  return Promise.race([isReady, once(child, 'exit').then(() => undefined)]);
}
