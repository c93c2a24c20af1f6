/** The operations of a process: its metrics, whether it is ready, and the door where both are served. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import type { Logger } from '../observability/log.ts';
import { measureStore } from '../observability/measured-store.ts';
import type { Gauges, Metrics } from '../observability/metrics.ts';
import type { Store } from '../ports/store.ts';
import { listenUnlessTaken } from './listening.ts';
import { VERSION } from './version.ts';

export interface Operations {
  /** Undefined where the door is off: nothing is counted then. */
  readonly metrics: Metrics | undefined;
  /** The same store, with its operations timed. */
  readonly measure: (store: Store) => Store;
  readonly setListening: (listens: boolean) => void;
  readonly setStoreUp: (isUp: boolean) => void;
  readonly watch: (gauges: Omit<Gauges, 'certificateEnd'>) => void;
  /** Opens the door; gives its address, undefined if it is off, served by the primary, or its default address is taken. */
  readonly listen: () => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

export interface OperationsOptions {
  readonly logger: Logger;
  /** Given to a worker, whose primary serves the door: told whether calls are served, whenever that changes. */
  readonly onReady?: ((isReady: boolean) => void) | undefined;
}

/** Starts to count, unless the door is off. */
export async function startOperations(config: Config, { logger, onReady }: OperationsOptions): Promise<Operations> {
  const { ops, redis, tls, traces } = config;
  // Loaded only where it is used.
  const module = ops === undefined ? undefined : await import('../observability/metrics.ts');
  // The values of workers are added up, where exemplars would be lost.
  const metrics = module?.createMetrics(redis === undefined ? 'sqlite' : 'redis', VERSION, traces && onReady === undefined);
  if (onReady !== undefined) metrics?.share();
  const state = { listens: false, storeIsUp: true, isReady: false };
  let door: { readonly close: () => Promise<void> } | undefined;

  function change(to: Partial<typeof state>): void {
    Object.assign(state, to);
    const isReady = state.listens && state.storeIsUp;
    if (isReady === state.isReady) return;
    state.isReady = isReady;
    onReady?.(isReady);
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
      if (ops === undefined || metrics === undefined || onReady !== undefined) return undefined;
      const { createOpsDoor } = await import('../ops/server.ts');
      const opening = createOpsDoor({ metrics: metrics.text, isReady: () => state.isReady, onFault: faultOf(logger) });
      door = opening;
      return listenUnlessTaken(opening, ops, SETTINGS.opsListen.flag);
    },
    async close() {
      metrics?.close();
      await door?.close();
    },
  };
}

/** Opens the door of a primary, over the metrics of its workers. Rejects with `CannotListenError` for an address that was asked for. */
export async function openWorkersDoor(
  ops: NonNullable<Config['ops']>,
  isReady: () => boolean,
  logger: Logger,
): Promise<{ readonly address: string | undefined; readonly close: () => Promise<void> }> {
  const [{ createWorkersMetrics }, { createOpsDoor }] = await Promise.all([
    import('../observability/metrics.ts'),
    import('../ops/server.ts'),
  ]);
  const door = createOpsDoor({ metrics: createWorkersMetrics(), isReady, onFault: faultOf(logger) });
  return { address: await listenUnlessTaken(door, ops, SETTINGS.opsListen.flag), close: door.close };
}

function faultOf(logger: Logger): (error: unknown) => void {
  return (err) => logger.error({ err }, 'the metrics cannot be read');
}

/** When a certificate ends, in ms since the epoch; undefined if there is none, or the file cannot be read now. */
function certificateEnd(file: string | undefined): number | undefined {
  if (file === undefined) return undefined;
  try {
    return new X509Certificate(readFileSync(file)).validToDate.getTime();
  } catch {
    return undefined;
  }
}
