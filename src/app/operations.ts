/** The operations of a process: its metrics, its readiness, and the door that serves both. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import type { Gauges } from '../observability/gauges.ts';
import type { Logger } from '../observability/log.ts';
import { measureStore } from '../observability/measured-store.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { MetricValues } from '../observability/metrics-page.ts';
import type { Store } from '../ports/store.ts';
import { listenUnlessTaken } from './listening.ts';
import { VERSION } from './version.ts';

export interface Operations {
  /** Undefined if the operations door is off. */
  readonly metrics: Metrics | undefined;
  /** Returns the same store, which times its operations. */
  readonly measure: (store: Store) => Store;
  readonly setListening: (listens: boolean) => void;
  readonly setStoreUp: (isUp: boolean) => void;
  readonly watch: (gauges: Omit<Gauges, 'certificateEnd'>) => void;
  /** Opens the door and resolves to its address; to undefined if the door is off, the primary serves it, or its default address is taken. */
  readonly listen: () => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

/** The primary of a worker, which serves the door. */
export interface OpsOfPrimary {
  /** Called whenever the readiness changes. */
  readonly ready: (isReady: boolean) => void;
  /** Passes the function that reads the metrics; it resolves to null if they cannot be read. */
  readonly shareMetrics: (read: () => Promise<MetricValues | null>) => void;
}

export interface OperationsOptions {
  readonly logger: Logger;
  /** Set in a worker. */
  readonly primary?: OpsOfPrimary | undefined;
}

/** Starts the metrics, unless the operations door is off. */
export async function startOperations(config: Config, { logger, primary }: OperationsOptions): Promise<Operations> {
  const { ops, redis, tls, traces } = config;
  // Imported only if the door is on, since a start without it is faster.
  const module = ops === undefined ? undefined : await import('../observability/metrics.ts');
  const metrics = module?.createMetrics(redis === undefined ? 'sqlite' : 'redis', VERSION, traces);
  const onFault = faultOf(logger);
  if (metrics !== undefined)
    primary?.shareMetrics(() =>
      metrics.values().catch((error: unknown) => {
        onFault(error);
        return null;
      }),
    );
  const state = { listens: false, storeIsUp: true, isReady: false };
  let door: { readonly close: () => Promise<void> } | undefined;

  function change(to: Partial<typeof state>): void {
    Object.assign(state, to);
    const isReady = state.listens && state.storeIsUp;
    if (isReady === state.isReady) return;
    state.isReady = isReady;
    primary?.ready(isReady);
  }

  return {
    metrics,
    measure: (store) => (metrics === undefined ? store : measureStore(store, metrics.storeOperation)),
    setListening: (listens) => change({ listens }),
    setStoreUp(isUp) {
      change({ storeIsUp: isUp });
      metrics?.storeUp(isUp);
    },
    watch: (gauges) => metrics?.watch({ ...gauges, certificateEnd: () => certificateEnd(tls?.cert) }),
    async listen() {
      if (ops === undefined || metrics === undefined || primary !== undefined) return undefined;
      const { createOpsDoor } = await import('../ops/server.ts');
      const opening = createOpsDoor({ metrics: metrics.text, isReady: () => state.isReady, onFault });
      door = opening;
      return listenUnlessTaken(opening, ops, SETTINGS.opsListen.flag);
    },
    async close() {
      metrics?.close();
      await door?.close();
    },
  };
}

/** Opens the door of a primary, which serves the metrics of all workers. Rejects with `CannotListenError` if it cannot listen at a configured address. */
export async function openWorkersDoor(
  ops: NonNullable<Config['ops']>,
  workers: { readonly areReady: () => boolean; readonly metrics: () => Promise<MetricValues[]> },
  logger: Logger,
): Promise<{ readonly address: string | undefined; readonly close: () => Promise<void> }> {
  const [{ sumMetrics }, { writePage }, { createOpsDoor }] = await Promise.all([
    import('../observability/workers-metrics.ts'),
    import('../observability/metrics-page.ts'),
    import('../ops/server.ts'),
  ]);
  const door = createOpsDoor({
    metrics: async (format) => writePage(await sumMetrics(await workers.metrics()), format),
    isReady: workers.areReady,
    onFault: faultOf(logger),
  });
  return { address: await listenUnlessTaken(door, ops, SETTINGS.opsListen.flag), close: door.close };
}

function faultOf(logger: Logger): (error: unknown) => void {
  return (err) => logger.error({ err }, 'the metrics cannot be read');
}

/** Returns the end of a certificate in ms since the epoch; undefined if there is none or its file cannot be read. */
function certificateEnd(file: string | undefined): number | undefined {
  if (file === undefined) return undefined;
  try {
    return new X509Certificate(readFileSync(file)).validToDate.getTime();
  } catch {
    return undefined;
  }
}
