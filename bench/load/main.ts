/** The process of the callers: takes orders as JSON lines on standard input, and answers each with one on standard output. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { bodies } from './bodies.ts';
import { type Crowd, type CrowdOptions, gatherCrowd } from './crowd.ts';

/** The orders to the process, which come in this order; `prepare` and `run` again and again. */
export type Order =
  | { readonly do: 'gather'; readonly options: CrowdOptions }
  | { readonly do: 'prepare'; readonly calls: number }
  /** Writes the latencies to a file, as 64-bit floats in µs. */
  | { readonly do: 'run'; readonly seconds: number; readonly microsFile: string };

/** Its answer. */
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
    crowd = await gatherCrowd(options);
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
  // None is sent twice.
  requests = [];
  return { ok: true, calls, seconds, wrong, cpuMicros: user + system };
}
