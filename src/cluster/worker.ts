/** A worker's side of its channel to the primary. */
import cluster from 'node:cluster';
import type { Addresses } from '../config/listen-address.ts';
import type { LimitStore } from '../ports/store.ts';
import type { FromPrimary, FromWorker } from './messages.ts';
import { createSharedLimits } from './shared-limits.ts';

export interface Primary {
  /** The counts that it keeps for all workers. */
  readonly limits: LimitStore;
  /** Aborted when it asks this worker to stop. */
  readonly stop: AbortSignal;
  /** Tells it where this worker listens. */
  readonly listening: (addresses: Addresses) => void;
  /** Tells it whether this worker serves calls. */
  readonly ready: (isReady: boolean) => void;
  /** Tells it why this worker never will. */
  readonly failed: (failure: unknown) => Promise<void>;
  /** Lets go of it, which ends this process. */
  readonly leave: () => void;
}

/** The number of this worker, which no other worker of its primary has; undefined in a process that is not a worker. */
export function workerNumber(): number | undefined {
  return cluster.worker?.id;
}

/**
 * Connects to the primary. Without it this process could keep neither the limits nor its port: it ends by itself when the primary does (Node sees
 * to that), and is to be ended by `onSilent` if that stops answering.
 */
export function connectPrimary(onSilent: () => void): Primary {
  const stop = new AbortController();
  const shared = createSharedLimits((batch) => void tell(['limits', batch]), onSilent);
  process.on('message', (message: FromPrimary) => {
    switch (message[0]) {
      case 'counted':
        shared.counted(message[1]);
        break;
      case 'stop':
        stop.abort();
        break;
      case 'reopen':
        process.emit('SIGHUP');
        break;
    }
  });
  return {
    limits: shared.limits,
    stop: stop.signal,
    listening: (addresses) => void tell(['listening', addresses]),
    ready: (isReady) => void tell(['ready', isReady]),
    failed: (failure) => tell(['failed', failure]),
    leave: () => process.disconnect?.(),
  };
}

/** Resolves when it is on its way. A primary that has gone is told of by the end of the channel. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}
