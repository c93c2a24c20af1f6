/** Starts a server as a process, watches it from outside, and stops it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { adopt } from './cleanup.ts';

/** The time that a server has to listen, in ms. */
const START_MS = 20_000;
/** The time that a server has to stop before it is killed, in ms. */
const STOP_MS = 5000;
/** The unit of CPU time in /proc (USER_HZ) in µs, on every architecture that Node supports. */
const TICK_US = 10_000;

/** A server that listens. */
export interface ServerProcess {
  readonly pid: number;
  readonly address: string;
  /** When the process was created, in ms of `performance.now()`. */
  readonly startedAt: number;
  /** Returns the CPU time of all threads so far, in µs. */
  readonly cpuMicros: () => number;
  /** Returns the resident memory in bytes. */
  readonly residentBytes: () => number;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Stops the server. Rejects if it has ended before. */
  readonly stop: () => Promise<void>;
}

/** Starts `command`, which prints `listens on host:port`. Its standard error goes to the file `log`. */
export async function startServer(
  [file, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  log: string,
): Promise<ServerProcess> {
  const logFile = openSync(log, 'a');
  const startedAt = performance.now();
  const child = adopt(spawn(file, args, { stdio: ['ignore', 'pipe', logFile], env: { ...ownEnvironment(), ...env } }));
  closeSync(logFile);
  const ended = once(child, 'exit');
  const address = await Promise.race([
    listening(child.stdout),
    ended.then(([code, signal]) => Promise.reject(new Error(`the server ended at its start (${signal ?? code}): ${tail(log)}`))),
  ]);
  const { pid } = child;
  if (pid === undefined) throw new Error('a server without a process');
  return {
    pid,
    address,
    startedAt,
    cpuMicros: () => cpuMicrosOf(pid),
    residentBytes: () => residentKiB(readFileSync(`/proc/${pid}/status`, 'utf8')) * 1024,
    signal: (name) => void process.kill(pid, name),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the server ended by itself (${child.signalCode ?? child.exitCode}): ${tail(log)}`);
      }
      child.kill('SIGTERM');
      const killing = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(killing);
    },
  };
}

/** Returns the environment without variables that would change the settings of a server. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('OTPD_')));
}

/** Returns the CPU time of all threads of a process so far, in µs. */
export function cpuMicrosOf(pid: number): number {
  return cpuTicks(readFileSync(`/proc/${pid}/stat`, 'utf8')) * TICK_US;
}

/**
 * Returns the user and system time in ticks, fields 14 and 15 of /proc/PID/stat. Counts the fields after the end of the name, since the name may
 * contain any character.
 */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Returns VmRSS from /proc/PID/status. */
export function residentKiB(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

async function listening(output: NodeJS.ReadableStream | null): Promise<string> {
  const deadline = AbortSignal.timeout(START_MS);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  deadline.addEventListener('abort', () => reject(new Error(`the server does not listen within ${START_MS} ms`)));
  let text = '';
  output?.on('data', (chunk) => {
    text = (text + chunk).slice(-4096);
    const [, address] = /listens on (\S+:\d+)/.exec(text) ?? [];
    if (address !== undefined) resolve(address);
  });
  return promise;
}

function tail(log: string): string {
  return readFileSync(log, 'utf8').slice(-1000);
}
