/** The primary: keeps the workers running, counts calls for all of them, and stops them together. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Addresses } from '../config/listen-address.ts';
import type { Logger } from '../observability/log.ts';
import type { Clock, LimitStore } from '../ports/store.ts';
import type { FromPrimary, FromWorker } from './messages.ts';
import { countBatch } from './shared-limits.ts';
import { type End, startWorker, type WorkerProcess } from './worker-process.ts';

/** A process that has lived for this long is restarted at once when it dies, in ms. */
const LONG_LIFE_MS = 10_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** How long a worker may take to stop beyond its grace for calls, in ms, before it is killed. */
const STOPPING_MS = 5000;

export interface WorkersOptions {
  readonly count: number;
  readonly graceMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The counts that are kept for all of them, in memory. */
  readonly limits: LimitStore;
}

/** A worker ended before it ever listened; `failure` is what it told of that, if anything. */
export class WorkerFailedError extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super('a worker ended before it listened');
    this.name = 'WorkerFailedError';
    this.failure = failure;
  }
}

export interface Workers {
  /** Resolves to the addresses once all listen for the first time; rejects with `WorkerFailedError` if one of them does not get so far. */
  readonly listening: Promise<Addresses>;
  /** Whether all serve calls. */
  readonly areReady: () => boolean;
  /** Has each open its rotated files anew, and read the files of its configuration again. */
  readonly reopen: () => void;
  /** Stops all, gracefully first; resolves when none is left. */
  readonly stop: () => Promise<void>;
}

/** Starts the workers. A worker that dies is replaced, unless it has never listened or `stop` has been called. */
export function startWorkers({ count, graceMs, logger, clock, limits }: WorkersOptions): Workers {
  const alive = new Set<WorkerProcess>();
  const ready = new Set<WorkerProcess>();
  const stopping = new AbortController();

  async function run(
    onListening: (addresses: Addresses) => void,
  ): Promise<End & { readonly worker?: number; failure?: unknown }> {
    let failure: unknown;
    const hear = (message: FromWorker, from: WorkerProcess): void => {
      switch (message[0]) {
        case 'limits':
          answer(message[1], from);
          break;
        case 'listening':
          onListening(message[1]);
          break;
        case 'ready':
          if (message[1]) ready.add(from);
          else ready.delete(from);
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
      return { worker: worker.id, ...end, failure };
    } catch (err) {
      return { err };
    }
  }

  /** The answer to the latest batch of each worker. */
  const answered = new WeakMap<WorkerProcess, Promise<void>>();

  /** Answers in the order of the batches, by which the worker knows them: one with refunds alone is counted sooner than the charges before it. */
  function answer(batch: Parameters<typeof countBatch>[2], from: WorkerProcess): void {
    const counted = countBatch(limits, clock, batch);
    const sent = Promise.all([counted, answered.get(from)]).then(
      ([answers]) => from.tell(['counted', answers]),
      (err: unknown) => logger.error({ err }, 'calls not counted'),
    );
    answered.set(from, sent);
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
 * Makes the count of one process, which is started again at once at first, then later each time, until it has lived for a while. To be asked at
 * each death how long to wait, in ms, given how long it has lived.
 */
export function createRestarts(): (livedMs: number) => number {
  let deaths = 0;
  return (livedMs) => {
    deaths = livedMs >= LONG_LIFE_MS ? 1 : deaths + 1;
    return deaths === 1 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 2));
  };
}
