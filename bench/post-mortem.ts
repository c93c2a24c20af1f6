/** Gathers facts about a server whose measurement failed, before the server is stopped and its folder removed. */
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Launched } from './launch.ts';

/** How long the server is observed, in ms. */
const LOOK_MS = 500;

/** Runs `use`. An error from `use` also says what the server was doing, and where its log is kept. */
export async function withPostMortem<T>(launched: Launched, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new Error(`${(error as Error).message}; ${await examine(launched)}`, { cause: error });
  }
}

async function examine({ server, log }: Launched): Promise<string> {
  const kept = join(mkdtempSync(join(tmpdir(), 'otpd-bench-failed-')), 'log');
  cpSync(log, kept);
  try {
    const before = server.cpuMicros();
    await sleep(LOOK_MS);
    const busyMs = (server.cpuMicros() - before) / 1000;
    return `the server, in the ${LOOK_MS} ms after: ${busyMs} ms of CPU, threads ${threads(server.pid).join(' ')}; its log: ${kept}`;
  } catch {
    return `the server has ended; its log: ${kept}`;
  }
}

/** Returns the state of each thread, and where in the kernel it waits. */
function threads(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const waits = readFileSync(`/proc/${pid}/task/${thread}/wchan`, 'utf8');
    return `${stat.slice(stat.lastIndexOf(')') + 2)[0]}:${waits}`;
  });
}
