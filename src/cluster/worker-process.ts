/** A worker as the primary sees it: its start, its messages and its end. */
import cluster, { type Worker } from 'node:cluster';
import type { FromPrimary, FromWorker } from './messages.ts';

/** How a worker ended. */
export interface End {
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
  /** The error if the system could not start it at all. */
  readonly err?: unknown;
}

export interface WorkerProcess {
  readonly id: number;
  readonly tell: (message: FromPrimary) => void;
  readonly kill: () => void;
  /** Resolves when the process has ended and all its messages have arrived. */
  readonly ended: Promise<End>;
}

/** Starts a worker: this program with the same arguments, flags of Node and environment. */
export function startWorker(onMessage: (message: FromWorker, worker: WorkerProcess) => void): WorkerProcess {
  // Node assigns connections by round robin. Connections are few and long, so they would be uneven if the quickest worker took them.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ execArgv: process.execArgv });
  const worker = cluster.fork();
  const handle: WorkerProcess = {
    id: worker.id,
    // A worker that has just ended receives nothing, and its end is reported anyway.
    tell: (message) => void worker.send(message, undefined, undefined, () => undefined),
    kill: () => void worker.process.kill('SIGKILL'),
    ended: endOf(worker),
  };
  worker.on('message', (message: FromWorker) => onMessage(message, handle));
  return handle;
}

function endOf(worker: Worker): Promise<End> {
  const { promise, resolve } = Promise.withResolvers<End>();
  let end: End | undefined;
  let isHeard = false;
  const settle = (): void => {
    if (isHeard && end !== undefined) resolve(end);
  };
  worker.on('error', (err) => {
    if (worker.process.pid === undefined) resolve({ err });
  });
  worker.process.once('exit', (code, signal) => {
    end = { code, signal };
    settle();
  });
  worker.process.once('disconnect', () => {
    isHeard = true;
    settle();
  });
  return promise;
}
