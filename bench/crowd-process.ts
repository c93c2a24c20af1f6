/** Starts the process of the callers, and sends it orders. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { adopt } from './cleanup.ts';
import type { Order, Reply } from './load/main.ts';
import type { CrowdOptions } from './load/open.ts';
import type { Outcome } from './outcome.ts';
import { pinned } from './pinning.ts';
import { root } from './root.ts';

/** The result of a run, with the cost for the callers. */
export interface CrowdOutcome extends Outcome {
  readonly ownCpuMicros: number;
}

export interface CrowdProcess {
  /** Makes this many requests for the next run. */
  readonly prepare: (calls: number) => Promise<void>;
  /** Sends the requests until the time is over or none is left. Rejects if an answer was not correct. */
  readonly run: (seconds: number) => Promise<CrowdOutcome>;
  readonly close: () => void;
}

/** Starts and connects the callers. */
export async function startCrowd(options: CrowdOptions, folder: string): Promise<CrowdProcess> {
  const [file, ...args] = pinned('load', [process.execPath, root('bench/load/main.ts')]);
  const child = adopt(spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const microsFile = join(folder, `micros-${child.pid}`);

  async function order(what: Order): Promise<Extract<Reply, { ok: true }>> {
    child.stdin.write(`${JSON.stringify(what)}\n`);
    const { value } = await lines.next();
    if (value === undefined) throw new Error('the callers have ended by themselves');
    const reply = JSON.parse(value) as Reply;
    if (!reply.ok) throw new Error(reply.error);
    return reply;
  }

  const close = () => child.stdin.end();
  await order({ do: 'gather', options }).catch((error: unknown) => {
    close();
    throw error;
  });
  return {
    prepare: async (calls) => void (await order({ do: 'prepare', calls })),
    async run(seconds) {
      const { calls, seconds: taken, wrong, cpuMicros } = await order({ do: 'run', seconds, microsFile });
      if (wrong > 0) throw new Error(`${wrong} of ${calls} answers were not right`);
      const bytes = readFileSync(microsFile);
      rmSync(microsFile);
      const micros = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
      return { calls, seconds: taken, micros, ownCpuMicros: cpuMicros };
    },
    close,
  };
}
