/** A real redis-server on a free port with its own folder, to be stopped, killed, paused and started again as a test needs it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { suiteUnless } from './needy-suite.ts';

/** How often a port that was free a moment ago may turn out to be taken. */
const TRIES = 5;
const READY = 'Ready to accept connections';

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
  /** SIGSTOP: alive, but silent. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again, in the same folder and on the same port, with more settings if they are given. */
  readonly restart: (more?: readonly string[]) => Promise<void>;
  /** Ends it for good and removes its files. */
  readonly stop: () => Promise<void>;
}

/** None outlives the tests, however they end. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A suite that needs redis-server. */
export function redisSuite(name: string, suite: () => void): void {
  const isInstalled = spawnSync('redis-server', ['--version']).status === 0;
  suiteUnless(isInstalled ? undefined : 'redis-server is not installed', name, suite);
}

/** Starts a server with settings such as `['--appendonly', 'yes']`; it keeps nothing on disk unless told to. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-redis-'));
  const portName = args.includes('--tls-cert-file') ? ['--port', '0', '--tls-port'] : ['--port'];
  const launch = (onPort: number, more: readonly string[] = []) =>
    ready(
      spawn('redis-server', [
        ...portName,
        String(onPort),
        '--dir',
        folder,
        '--save',
        '',
        '--bind',
        '127.0.0.1',
        ...args,
        ...more,
      ]),
    );

  let port = await freePort();
  let child = await launch(port);
  for (let left = TRIES; child === undefined && left > 0; left -= 1) {
    port = await freePort();
    child = await launch(port);
  }
  if (child === undefined) throw new Error(`redis-server does not start with ${args.join(' ')}`);
  let running: ChildProcess = child;

  async function kill(): Promise<void> {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    cli: (...command) =>
      execFileSync('redis-cli', ['-p', String(port), '-e', ...command], { encoding: 'utf8', maxBuffer: MOST_TOLD }).trimEnd(),
    pause: () => void running.kill('SIGSTOP'),
    resume: () => void running.kill('SIGCONT'),
    kill,
    async restart(more) {
      await kill();
      const again = await launch(port, more);
      if (again === undefined) throw new Error('redis-server does not start again');
      running = again;
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server once it takes connections; undefined if it ends before. */
async function ready(child: ChildProcess): Promise<ChildProcess | undefined> {
  children.add(child);
  child.once('exit', () => children.delete(child));
  const isReady = new Promise<ChildProcess>((resolve) => {
    child.stdout?.on('data', (text) => String(text).includes(READY) && resolve(child));
  });
  return Promise.race([isReady, once(child, 'exit').then(() => undefined)]);
}
