/** An `otpd serve` process that a test can stop, kill and start again on the same port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';
import { type Caller, createCaller } from './caller.ts';

export const MAIN: string = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** The compile cache, which halves the start time of a process. */
export const COMPILE_CACHE: string = fileURLToPath(new URL('../../node_modules/.cache/otpd-chaos', import.meta.url));
const SKEW = new URL('./clock-skew.ts', import.meta.url).href;

const MOST_STARTS = 5;

/** A line of the log, with the members that tests use. */
export interface LogLine {
  readonly level?: number;
  readonly msg?: string;
  readonly method?: string;
  readonly code?: string;
  readonly durationMs?: number;
  readonly worker?: number;
  readonly traceId?: string;
}

export interface Instance {
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly caller: Caller;
  /** Returns the process id of the latest process. */
  readonly pid: () => number;
  /** Returns the arguments of the process, which other users of the machine can see. */
  readonly commandLine: () => string;
  /** The output of all its processes, line by line. */
  readonly output: readonly string[];
  /** Returns the lines of the log. */
  readonly log: () => LogLine[];
  /** Starts the instance, or another version with the file `main`; resolves when it listens. */
  readonly start: (main?: string) => Promise<void>;
  /** Resolves to the exit code and signal when the latest process has ended by itself. */
  readonly exit: () => Promise<[number | null, NodeJS.Signals | null]>;
  /** Sends SIGTERM; resolves to the exit code. */
  readonly stop: () => Promise<number | null>;
  /** Sends SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Ends the instance for good. */
  readonly close: () => Promise<void>;
}

/** No instance outlives the tests, however they end. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Makes an instance with these variables and no other variables of otpd. Its clock is this far ahead. Does not start it. */
export async function createInstance(
  env: Readonly<Record<string, string>>,
  skewMs: number,
  connections: number,
): Promise<Instance> {
  const address = `127.0.0.1:${await freePort()}`;
  const caller = createCaller(address, connections);
  const output: string[] = [];
  let commandLine = '';
  let child: ChildProcess | undefined;

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = once(child, 'exit');
    child.kill(signal);
    return (await exited)[0];
  }

  async function launch(main: string): Promise<void> {
    const preload = skewMs === 0 ? [] : ['--import', SKEW];
    child = spawn(process.execPath, [...preload, main, 'serve'], {
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        OTPD_TEST_CLOCK_SKEW_MS: String(skewMs),
        OTPD_LISTEN: address,
        OTPD_HTTP_LISTEN: 'off',
        OTPD_OPS_LISTEN: 'off',
        // The most detailed log level.
        OTPD_LOG_LEVEL: 'trace',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await listening(child, output);
    commandLine = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8');
  }

  return {
    address,
    caller,
    pid: () => child?.pid ?? Number.NaN,
    commandLine: () => commandLine,
    output,
    log: () => output.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine),
    start: (main = MAIN) => whileRedisIsSlow(() => launch(main)),
    exit: async () => (child === undefined ? [null, null] : ((await once(child, 'close')) as [number, NodeJS.Signals])),
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    async close() {
      caller.close();
      await end('SIGKILL');
    },
  };
}

/** The errors of otpd, and of its store, if Redis did not answer in time. */
const SLOW = /Command timed out|the store cannot be used/;

/**
 * Calls `start` again, as a supervisor does, if Redis did not answer in time. Redis has 200 ms, which may pass on a busy machine or while a replica
 * comes back.
 */
export async function whileRedisIsSlow<T>(start: () => Promise<T>): Promise<T> {
  for (let left = MOST_STARTS; ; left -= 1) {
    try {
      return await start();
    } catch (error) {
      if (left === 1 || !SLOW.test(String(error))) throw error;
    }
  }
}

/** Collects the output of the process, and waits until it listens. */
async function listening(child: ChildProcess, output: string[]): Promise<void> {
  children.add(child);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('exit', (code) => {
    children.delete(child);
    reject(new Error(`otpd ended with ${code} instead of listening: ${output.slice(-20).join('\n')}`));
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      output.push(line);
      if (line.startsWith('otpd listens on')) resolve();
    });
  }
  await promise;
}
