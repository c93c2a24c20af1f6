/** The metrics of all workers, as the primary gathers them for a scraper. */
import type { MetricValues } from '../observability/metrics-page.ts';
import type { WorkerProcess } from './worker-process.ts';

/** How long a worker may take to answer, in ms: less than the 10 s that a scraper waits unless told otherwise. */
const LONGEST_MS = 5000;

export interface Gathering {
  /** Reports that a worker serves calls, so that it is asked from then on. A worker that starts has counted nothing. */
  readonly started: (worker: WorkerProcess) => void;
  /** Passes the answer of a worker; null if it cannot read its metrics. */
  readonly told: (worker: WorkerProcess, metrics: MetricValues | null) => void;
  /** Reports that a worker has ended; its counts are lost. */
  readonly ended: (worker: WorkerProcess) => void;
  /**
   * Asks all workers that have started. Leaves out a worker that ends meanwhile. Rejects if there is no worker, or if a worker cannot read its
   * metrics or does not answer within 5 s: without its counts, the sums would seem to begin again.
   */
  readonly gather: () => Promise<MetricValues[]>;
}

/** Makes the gathering. Calls `onSilent` with a worker that did not answer. */
export function createGathering(onSilent: (worker: WorkerProcess) => void): Gathering {
  const workers = new Set<WorkerProcess>();
  /** At most one per worker, for any number of concurrent callers. */
  const questions = new Map<WorkerProcess, PromiseWithResolvers<MetricValues>>();

  function ask(worker: WorkerProcess): Promise<MetricValues> {
    const open = questions.get(worker);
    if (open !== undefined) return open.promise;
    const question = Promise.withResolvers<MetricValues>();
    questions.set(worker, question);
    worker.tell(['metrics']);
    return question.promise;
  }

  async function answerOf(worker: WorkerProcess): Promise<MetricValues> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      onSilent(worker);
      late.reject(new Error('a worker does not tell its metrics'));
    }, LONGEST_MS);
    try {
      return await Promise.race([ask(worker), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    started: (worker) => void workers.add(worker),
    told(worker, metrics) {
      const question = questions.get(worker);
      questions.delete(worker);
      if (metrics === null) question?.reject(new Error('a worker cannot read its metrics'));
      else question?.resolve(metrics);
    },
    ended(worker) {
      workers.delete(worker);
      questions.get(worker)?.resolve([]);
      questions.delete(worker);
    },
    async gather() {
      if (workers.size === 0) throw new Error('no worker serves calls');
      return Promise.all([...workers].map(answerOf));
    },
  };
}
