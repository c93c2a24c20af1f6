/** The queue to the writer: what comes while it is at work goes in its next batch, and nothing waits longer than it was told to. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { StoreUnavailableError } from '../policy/store.ts';
import { CLOSE, monotonicMs, type Order, type Reply, type Result, type Results, type TimedOrder } from './sqlite-orders.ts';

/** The most orders in one batch: some ms of work, so that the first of them does not wait long for the last. */
const MAX_BATCH = 256;
/** The most orders that wait for a batch: what the writer does in some hundred ms. More could not be answered in time. */
const MAX_WAITING = 10_000;
/** After a writer has crashed: how long until the next one is started, in ms. */
const RESTART_PAUSE_MS = 200;
/** How long a writer may take to close its file, in ms. */
const CLOSING_MS = 1000;

export interface Queue {
  /**
   * Gives `order` to the writer. Rejects with `StoreUnavailableError` if there is no result after `patienceMs`: an order that still waited for
   * its batch is then never carried out, one that did not may have been.
   */
  send<Kind extends keyof Results>(
    order: Order & readonly [kind: Kind, ...unknown[]],
    patienceMs: number,
  ): Promise<Results[Kind]>;
  /** Waits for the orders that were given, and ends the writer. */
  close(): Promise<void>;
}

interface Call {
  readonly timed: TimedOrder;
  readonly timer: NodeJS.Timeout;
  readonly promise: Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** Makes a queue whose writer is started with the first order, and again after a crash. `onOutage` is told of each failure of the writer. */
export function createQueue(startWriter: () => Worker, onOutage: () => void): Queue {
  const waiting = new Set<Call>();
  let sent: readonly Call[] = [];
  let writer: Worker | undefined;
  let restartAt = 0;
  let isScheduled = false;
  let closing: Promise<void> | undefined;

  function start(): Worker {
    const started = startWriter();
    let cause: unknown = new Error('the writer has ended');
    started.on('message', settle);
    started.on('error', (error) => {
      cause = error;
    });
    started.on('exit', () => {
      writer = undefined;
      restartAt = monotonicMs() + RESTART_PAUSE_MS;
      failAll(cause);
    });
    // It is the timers of the calls that keep the process alive, as long as somebody waits. Last, because a listener would undo it.
    started.unref();
    return started;
  }

  function schedule(): void {
    if (isScheduled || sent.length > 0) return;
    isScheduled = true;
    // After the events of this turn, so that the calls that came together go together.
    setImmediate(flush);
  }

  function flush(): void {
    isScheduled = false;
    if (waiting.size === 0) return;
    if (writer === undefined && monotonicMs() < restartAt) {
      failAll(new Error('the writer has ended and is not yet started again'));
    } else {
      writer ??= start();
      sent = takeBatch(waiting);
      writer.postMessage(sent.map((call) => call.timed));
    }
  }

  function settle(reply: Reply): void {
    const calls = sent;
    sent = [];
    if ('outage' in reply) {
      fail(calls, reply.outage);
    } else {
      for (const [index, call] of calls.entries()) end(call, reply.results[index]);
    }
    schedule();
  }

  function failAll(cause: unknown): void {
    const calls = [...sent, ...waiting];
    sent = [];
    waiting.clear();
    fail(calls, cause);
  }

  function fail(calls: readonly Call[], cause: unknown): void {
    for (const call of calls) end(call, new StoreUnavailableError(cause));
    onOutage();
  }

  function giveUp(call: Call): void {
    if (waiting.delete(call) || sent.includes(call)) fail([call], new Error('the writer has not answered in time'));
  }

  return {
    send(order, patienceMs) {
      if (closing !== undefined) return Promise.reject(new StoreUnavailableError(new Error('the store is closed')));
      if (waiting.size >= MAX_WAITING) return Promise.reject(new StoreUnavailableError(new Error('too many calls are waiting')));
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      // If it was this thread that was held up, the answer has come meanwhile: events first.
      const timer = setTimeout(() => setImmediate(giveUp, call), patienceMs);
      const call: Call = { timed: [order, monotonicMs() + patienceMs], timer, promise, resolve, reject };
      waiting.add(call);
      schedule();
      return promise;
    },
    close() {
      closing ??= Promise.allSettled([...sent, ...waiting].map((call) => call.promise)).then(() => writer && endWriter(writer));
      return closing;
    },
  };
}

function takeBatch(waiting: Set<Call>): Call[] {
  const batch: Call[] = [];
  for (const call of waiting) {
    if (batch.length === MAX_BATCH) break;
    waiting.delete(call);
    batch.push(call);
  }
  return batch;
}

function end({ timer, resolve, reject }: Call, result: Result | Error): void {
  clearTimeout(timer);
  if (result instanceof Error) reject(result);
  else resolve(result as never);
}

async function endWriter(writer: Worker): Promise<void> {
  writer.ref();
  writer.postMessage(CLOSE);
  // A writer that hangs on its disk is left to the end of the process.
  await once(writer, 'exit', { signal: AbortSignal.timeout(CLOSING_MS) }).catch(() => writer.unref());
}
