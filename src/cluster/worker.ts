/** A worker's side of its channel to the primary. */
import cluster from 'node:cluster';
import type { Addresses } from '../config/listen-address.ts';
import type { MetricValues } from '../observability/metrics-page.ts';
import type { LimitStore } from '../ports/store.ts';
import type { FromPrimary, FromWorker } from './messages.ts';
import { createSharedLimits } from './shared-limits.ts';

export interface Primary {
  /** The counts that the primary keeps for all workers. */
  readonly limits: LimitStore;
  /** Aborted when the primary asks this worker to stop. */
  readonly stop: AbortSignal;
  /** Reports the addresses of this worker. */
  readonly listening: (addresses: Addresses) => void;
  /** Reports whether this worker serves calls. */
  readonly ready: (isReady: boolean) => void;
  /** Makes the primary get the metrics of this worker from `read` whenever it asks; null if they cannot be read. */
  readonly shareMetrics: (read: () => Promise<MetricValues | null>) => void;
  /** Reports why this worker will never listen. */
  readonly failed: (failure: unknown) => Promise<void>;
  /** Disconnects from the primary, which ends this process. */
  readonly leave: () => void;
}

/** The number of this worker, unique among the workers of its primary; undefined in a process that is not a worker. */
export function workerNumber(): number | undefined {
  return cluster.worker?.id;
}

/**
 * Connects to the primary, without which this process could keep neither the limits nor its port. Node ends this process when the primary ends.
 * `onSilent` is called if the primary stops answering, and must end the process too.
 */
export function connectPrimary(onSilent: () => void): Primary {
  const stop = new AbortController();
  const shared = createSharedLimits((batch) => void tell(['limits', batch]), onSilent);
  let metrics: () => Promise<MetricValues | null> = async () => [];
  process.on('message', (message: FromPrimary) => {
    switch (message[0]) {
      case 'counted':
        shared.counted(message[1]);
        break;
      case 'metrics':
        void metrics().then((values) => tell(['metrics', values]));
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
    shareMetrics(read) {
      metrics = read;
    },
    failed: (failure) => tell(['failed', failure]),
    leave: () => process.disconnect?.(),
  };
}

/** Resolves when the message is sent. If the primary has ended, the end of the channel reports it. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}
