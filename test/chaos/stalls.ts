/** A control for tests of times: how long the machine, its disk or the write lock of a file paused during the test. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Cluster } from './cluster.ts';
import type { WatchData } from './stall-watch.ts';

export interface Stalls extends AsyncDisposable {
  /** Forgets earlier pauses. */
  readonly reset: () => void;
  /** Returns the longest delay of a thread that only writes a page now and then, in ms. */
  readonly longestMs: () => number;
}

/** Watches the disk and the database of a cluster. */
export function watchStalls({ folder, databaseFile, redis }: Cluster): Stalls {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const epoch = Date.now();
  const workerData: WatchData = {
    file: join(folder, 'stalls'),
    database: redis === undefined ? databaseFile : undefined,
    shared,
    epoch,
  };
  const watch = new Worker(new URL('./stall-watch.ts', import.meta.url), { name: 'stalls', workerData, execArgv: [] });
  return {
    reset: () => void Atomics.store(shared, 0, 0),
    longestMs: () => Math.max(Atomics.load(shared, 0), Date.now() - epoch - Atomics.load(shared, 1)),
    [Symbol.asyncDispose]: async () => void (await watch.terminate()),
  };
}
