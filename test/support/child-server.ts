/** Runs `otpd serve` as a process, with any preload, for tests that would disturb the process of the tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface ChildServer extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  /** An API key of the plan `ultra`. */
  readonly apiKey: string;
  /** The lines of the log so far. */
  readonly log: readonly string[];
  /** The resident memory of the process, in MB. Only for Linux. */
  readonly residentMb: () => number;
}

export interface ChildOptions {
  readonly args?: readonly string[];
  /** The URL of a module to load before all others. */
  readonly preload?: string | undefined;
}

/** The end of a start that failed. */
export interface FailedStart {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts a server with a new data folder; resolves when it listens. */
export async function startChild(options: ChildOptions = {}): Promise<ChildServer> {
  const { child, dataDir } = launch(options);
  const log: string[] = [];
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => log.push(line));
  const exited = once(child, 'exit');
  // No server outlives the tests, however they end.
  process.once('exit', () => child.kill('SIGKILL'));
  const port = await Promise.race([
    portOf(child),
    exited.then(([code]) => {
      rmSync(dataDir, { recursive: true, force: true });
      throw new Error(`otpd ended with ${code}: ${log.join('\n')}`);
    }),
  ]);
  return {
    port,
    address: `127.0.0.1:${port}`,
    apiKey: readFileSync(join(dataDir, 'first-api-key'), 'utf8').trim(),
    log,
    residentMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Starts a server that is expected to end by itself. */
export async function failToStart(options: ChildOptions): Promise<FailedStart> {
  const { child, dataDir } = launch(options);
  const said = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    said.err += chunk;
  });
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code] = await once(child, 'close');
  clearTimeout(late);
  rmSync(dataDir, { recursive: true, force: true });
  return { code, ...said };
}

function launch({ args = [], preload }: ChildOptions): { child: ChildProcess; dataDir: string } {
  const dataDir = mkdtempSync(join(tmpdir(), 'otpd-child-'));
  const before = preload === undefined ? [] : ['--import', preload];
  const child = spawn(
    process.execPath,
    [...before, MAIN, 'serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir, '--log-level', 'info', ...args],
    { env: { PATH: process.env['PATH'], OTPD_HTTP_LISTEN: 'off', OTPD_OPS_LISTEN: 'off' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return { child, dataDir };
}

/** Resolves to the port that the server prints, and discards later output. Never resolves if the server does not listen. */
function portOf({ stdout }: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    createInterface({ input: stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const port = /listens on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}
