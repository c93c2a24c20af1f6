/** Measures times for upper bounds: without the pauses of the machine, and for pure computation without the time of other processes. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** The length of a nap of the control thread, and the delay after a nap that counts as a pause of the machine, in ms. */
const NAP_MS = 5;
const OVERSLEPT_MS = 10;

/** In ns: the sum of the delays so far, and the end of the latest nap. */
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

/** Returns how long this thread has waited for a processor, in ns (proc_pid_schedstat(5)); 0 if the system does not report it. */
function waitedNs(): bigint {
  try {
    return BigInt(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1] ?? 0);
  } catch {
    return 0n;
  }
}

const largest = (one: bigint, other: bigint): bigint => (one > other ? one : other);

/** The last readings, in ns: the delays of naps, the wait of this thread for a processor, and the sum of all pauses. */
const last = { overslept: 0n, waited: 0n, stood: 0n };

/**
 * Returns a time in ms that does not pass while the machine pauses, which means: while a napping thread does not wake up, or while the thread of the
 * test waits for a processor. Waiting for an event, and work on the thread of the test, count. Use it only for upper bounds, since a timer may fire
 * early by this clock.
 */
export function runningMs(): number {
  const now = process.hrtime.bigint();
  const latest = Atomics.load(shared, 1);
  const present = latest === 0n ? 0n : now - latest - BigInt(NAP_MS + OVERSLEPT_MS) * 1_000_000n;
  const overslept = largest(Atomics.load(shared, 0) + largest(present, 0n), last.overslept);
  const waited = waitedNs();
  // The two readings mostly overlap, so only the larger counts.
  const stood = last.stood + largest(overslept - last.overslept, waited - last.waited);
  Object.assign(last, { overslept, waited, stood });
  return Number(now - stood) / 1e6;
}

/** Returns the processor time that `work` takes, in ms. `work` must not wait. */
export function processorMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
