/** Times for upper bounds: without what the machine stood still, and, where nothing waits, what other processes took. */
import { Worker } from 'node:worker_threads';

/** How long the control sleeps at a time, and what it may oversleep before that counts as standing still, in ms. */
const NAP_MS = 5;
const OVERSLEPT_MS = 10;

/** In ns: what was overslept so far, and when the latest nap ended. */
const shared = new BigInt64Array(new SharedArrayBuffer(16));
const CONTROL = `
  const { workerData: { shared, napMs, oversleptMs } } = require('node:worker_threads');
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const most = BigInt(napMs + oversleptMs) * 1_000_000n;
  for (let before = process.hrtime.bigint(); ; ) {
    Atomics.wait(nobody, 0, 0, napMs);
    const now = process.hrtime.bigint();
    if (now - before > most) Atomics.add(shared, 0, now - before - most);
    Atomics.store(shared, 1, now);
    before = now;
  }`;
const workerData = { shared, napMs: NAP_MS, oversleptMs: OVERSLEPT_MS };
new Worker(CONTROL, { eval: true, name: 'running time', workerData, execArgv: [] }).unref();

/**
 * A clock in ms that stands still while the machine does: while a thread that does nothing but nap is not woken. Waiting, and work on the
 * thread of the test, count in full. Only for upper bounds: a timer may fire early by this clock.
 */
export function runningMs(): number {
  const now = process.hrtime.bigint();
  const latest = Atomics.load(shared, 1);
  const overslept = latest === 0n ? 0n : now - latest - BigInt(NAP_MS + OVERSLEPT_MS) * 1_000_000n;
  return Number(now - Atomics.load(shared, 0) - (overslept > 0n ? overslept : 0n)) / 1e6;
}

/** The ms of processor time that `work` takes, which waits for nothing. */
export function processorMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
