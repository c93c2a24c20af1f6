/** The primary: keeps the workers running, counts calls for all of them, and stops them together. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Addresses } from '../config/listen-address.ts';
import type { Logger } from '../observability/log.ts';
import type { MetricValues } from '../observability/metrics-page.ts';
import type { Clock, LimitStore } from '../ports/store.ts';
import { createGathering } from './gathering.ts';
import type { FromPrimary, FromWorker } from './messages.ts';
import { createCounting } from './shared-limits.ts';
import { type End, startWorker, type WorkerProcess } from './worker-process.ts';

/** A worker that has lived for this long is restarted at once when it dies, in ms. */
const LONG_LIFE_MS = 10_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** How long a worker may take to stop after the grace period of its calls, in ms, before it is killed. */
const STOPPING_MS = 5000;

export interface WorkersOptions {
  readonly count: number;
  readonly graceMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The counts of all workers, in memory. */
  readonly limits: LimitStore;
}

/** A worker ended before it ever listened; `failure` is the reason that it sent, if any. */
export class WorkerFailedError extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super('a worker ended before it listened');
    this.name = 'WorkerFailedError';
    this.failure = failure;
  }
}

export interface Workers {
  /** Resolves to the addresses once all workers listen for the first time; rejects with `WorkerFailedError` if a worker fails before. */
  readonly listening: Promise<Addresses>;
  /** Whether all workers serve calls. */
  readonly areReady: () => boolean;
  /** Returns the metrics of each worker; rejects if a worker cannot read its metrics. */
  readonly metrics: () => Promise<MetricValues[]>;
  /** Tells each worker to open its rotated files and to read the files of its configuration again. */
  readonly reopen: () => void;
  /** Stops all workers, gracefully first; resolves when all have ended. */
  readonly stop: () => Promise<void>;
}

/** Starts the workers. A worker that dies is replaced, unless it has never listened or `stop` has been called. */
export function startWorkers({ count, graceMs, logger, clock, limits }: WorkersOptions): Workers {
  const alive = new Set<WorkerProcess>();
  const ready = new Set<WorkerProcess>();
  const stopping = new AbortController();
  const gathering = createGathering(({ id }) => logger.error({ worker: id }, 'a worker does not tell its metrics'));

  async function run(
    onListening: (addresses: Addresses) => void,
  ): Promise<End & { readonly worker?: number; failure?: unknown }> {
    let failure: unknown;
    const count = createCounting(limits, clock, (err) => logger.error({ err }, 'calls not counted'));
    const hear = (message: FromWorker, from: WorkerProcess): void => {
      switch (message[0]) {
        case 'limits':
          count(message[1], (answers) => from.tell(['counted', answers]));
          break;
        case 'listening':
          gathering.started(from);
          onListening(message[1]);
          break;
        case 'ready':
          if (message[1]) ready.add(from);
          else ready.delete(from);
          break;
        case 'metrics':
          gathering.told(from, message[1]);
          break;
        case 'failed':
          failure = message[1];
      }
    };
    try {
      const worker = startWorker(hear);
      alive.add(worker);
      const end = await worker.ended;
      alive.delete(worker);
      ready.delete(worker);
      gathering.ended(worker);
      return { worker: worker.id, ...end, failure };
    } catch (err) {
      return { err };
    }
  }

  async function keepOne({ resolve, reject }: PromiseWithResolvers<Addresses>): Promise<void> {
    const pauseAfter = createRestarts();
    let hasListened = false;
    for (;;) {
      const startedAt = performance.now();
      const end = await run((addresses) => {
        hasListened = true;
        resolve(addresses);
      });
      if (!hasListened) reject(new WorkerFailedError(end.failure));
      if (!hasListened || stopping.signal.aborted) return;
      const pauseMs = pauseAfter(performance.now() - startedAt);
      logger.error({ ...end, pauseMs }, 'a worker has ended: another takes its place');
      await sleep(pauseMs, undefined, stopping).catch(() => undefined);
      if (stopping.signal.aborted) return;
    }
  }

  const firsts = Array.from({ length: count }, () => Promise.withResolvers<Addresses>());
  const kept = firsts.map(keepOne);
  const listening = Promise.all(firsts.map(({ promise }) => promise)).then(([addresses]) => addresses as Addresses);
  // A caller that stops the workers before they listen may not wait for this promise.
  listening.catch(() => undefined);

  function tellAll(message: FromPrimary): void {
    for (const worker of alive) worker.tell(message);
  }

  return {
    listening,
    areReady: () => ready.size === count,
    metrics: gathering.gather,
    reopen: () => tellAll(['reopen']),
    async stop() {
      stopping.abort();
      tellAll(['stop']);
      const killing = setTimeout(() => {
        for (const worker of alive) worker.kill();
      }, graceMs + STOPPING_MS);
      await Promise.all(kept);
      clearTimeout(killing);
    },
  };
}

/**
 * Makes the restart delay of a worker. The first restart is immediate, and each further restart waits longer, until a worker has lived for a while.
 * The function takes the lifetime of the dead worker, and returns the wait, both in ms.
 */
export function createRestarts(): (livedMs: number) => number {
  let deaths = 0;
  return (livedMs) => {
    deaths = livedMs >= LONG_LIFE_MS ? 1 : deaths + 1;
    return deaths === 1 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 2));
  };
}
