/** A server in a process of its own: started, watched from outside, and stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { adopt } from './cleanup.ts';

/** How long a server may take to listen, in ms. */
const START_MS = 20_000;
/** How long it may take to stop before it is killed, in ms. */
const STOP_MS = 5000;
/** Linux' USER_HZ, the unit of CPU time in /proc, is this on every architecture that Node runs on; in µs. */
const TICK_US = 10_000;

/** A server that listens. */
export interface ServerProcess {
  readonly pid: number;
  readonly address: string;
  /** When its process was made, by `performance.now()`. */
  readonly startedAt: number;
  /** CPU time of all its threads so far, in µs. */
  readonly cpuMicros: () => number;
  /** Resident memory in bytes. */
  readonly residentBytes: () => number;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Throws if it has ended by itself. */
  readonly stop: () => Promise<void>;
}

/** Starts `command`, which says `listens on host:port`; its standard error goes to the file `log`. */
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

/** The environment without what would change a server behind the bench's back. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('OTPD_')));
}

/** CPU time of all threads of a process so far, in µs. */
export function cpuMicrosOf(pid: number): number {
  return cpuTicks(readFileSync(`/proc/${pid}/stat`, 'utf8')) * TICK_US;
}

/** User and system time in ticks, fields 14 and 15 of /proc/PID/stat. The name before them may hold anything, so they are counted from its end. */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** VmRSS of /proc/PID/status. */
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
