/** The process of the callers: reads orders as JSON lines from standard input, and answers each on standard output. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { bodies } from './bodies.ts';
import { gatherCallers } from './callers.ts';
import { type Crowd, gatherCrowd } from './crowd.ts';
import type { CrowdOptions } from './open.ts';

/** The orders to the process, in this order. `prepare` and `run` may repeat. */
export type Order =
  | { readonly do: 'gather'; readonly options: CrowdOptions }
  | { readonly do: 'prepare'; readonly calls: number }
  /** Writes the latencies to a file, as 64-bit floats in µs. */
  | { readonly do: 'run'; readonly seconds: number; readonly microsFile: string };

/** The answer to an order. */
export type Reply =
  | { readonly ok: true; readonly calls: number; readonly seconds: number; readonly wrong: number; readonly cpuMicros: number }
  | { readonly ok: false; readonly error: string };

let crowd: Crowd | undefined;
let options: CrowdOptions | undefined;
let requests: readonly Buffer[] = [];

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await obey(JSON.parse(line)).catch((error: Error): Reply => ({ ok: false, error: error.message }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
crowd?.close();

async function obey(order: Order): Promise<Reply> {
  if (order.do === 'gather') {
    options = order.options;
    crowd = options.client === undefined ? await gatherCrowd(options) : gatherCallers(options);
    return { ok: true, calls: 0, seconds: 0, wrong: 0, cpuMicros: 0 };
  }
  if (crowd === undefined || options === undefined) throw new Error('nobody was gathered');
  if (order.do === 'prepare') {
    requests = bodies(order.calls, options.code, options.items);
    return { ok: true, calls: 0, seconds: 0, wrong: 0, cpuMicros: 0 };
  }
  const before = process.cpuUsage();
  const { calls, seconds, wrong, micros } = await crowd.run(requests, order.seconds);
  const { user, system } = process.cpuUsage(before);
  writeFileSync(order.microsFile, micros);
  // No request is sent twice.
  requests = [];
  return { ok: true, calls, seconds, wrong, cpuMicros: user + system };
}
