/** The queue to the writer: what comes while it is at work goes in its next batch, and nothing waits for a writer that gets nothing done. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { StoreUnavailableError } from '../../ports/store.ts';
import { createAlarm } from './alarm.ts';
import { CLOSE, LATE, monotonicMs, type Order, type Reply, type Result, type Results, sizeOf } from './orders.ts';

/** The most attempts in one batch of orders: some ms of work, so that the first of them does not wait long for the last. */
const MAX_BATCH = 256;
/** The most attempts that wait for a batch: what the writer does in some hundred ms. */
const MAX_WAITING = 10_000;
/** After a writer has crashed: how long until the next one is started, in ms. */
const RESTART_PAUSE_MS = 200;
/** How long a writer may take to close its file, in ms. */
const CLOSING_MS = 1000;

export interface Queue {
  /**
   * Gives `order` to the writer. Rejects with `StoreUnavailableError` if the writer gets nothing done for `patienceMs`: an order that still
   * waited for its batch is then never carried out, and any other may have been. A long queue is not an outage: it waits while it moves on.
   */
  send<Kind extends keyof Results>(
    order: Order & readonly [kind: Kind, ...unknown[]],
    patienceMs: number,
  ): Promise<Results[Kind]>;
  /** Waits for the orders that were given, and ends the writer. */
  close(): Promise<void>;
}

interface Call {
  readonly order: Order;
  readonly patienceMs: number;
  /** When to give it up, in ms of `monotonicMs`; later if the writer gets others done before its turn, or this thread gives it none. */
  deadline: number;
  isSent: boolean;
  /** Whether it has its result or was given up. */
  isOver: boolean;
  readonly promise: Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** Makes a queue whose writer is started with the first order, and again after a crash. `onOutage` is told of each failure of the writer. */
export function createQueue(startWriter: () => Worker, onOutage: () => void): Queue {
  /** In the order of coming. An array: see `grpc/fast-path/stream-table.ts` on what a `Set` keeps alive. */
  let waiting: Call[] = [];
  /** How many attempts are in `waiting`. */
  let waitingSize = 0;
  /** The calls of `waiting` that came in this turn of the event loop. */
  let fresh: Call[] = [];
  /** When the writer was given a batch, it having carried out the one before: not when that was done, as this thread may give the next one late. */
  let owedSince = 0;
  let hasMovedOn = true;
  let sent: readonly Call[] = [];
  let writer: Worker | undefined;
  let restartAt = 0;
  let isScheduled = false;
  let closing: Promise<void> | undefined;
  const alarm = createAlarm(giveUp);

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
    // It is the alarm that keeps the process alive, as long as somebody waits. Last, because a listener would undo it.
    started.unref();
    return started;
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    // After the events of this turn, so that the calls that came together go together.
    setImmediate(endTurn);
  }

  function endTurn(): void {
    isScheduled = false;
    // Not before: a turn with many calls in it may last longer than any of them has patience.
    for (const call of fresh) {
      call.deadline = monotonicMs() + call.patienceMs;
      alarm.setFor(call.deadline);
    }
    fresh = [];
    if (sent.length === 0) sendBatch();
  }

  function sendBatch(): void {
    if (waiting.length === 0) return;
    if (writer === undefined && monotonicMs() < restartAt) {
      failAll(new Error('the writer has ended and is not yet started again'));
    } else {
      writer ??= start();
      sent = takeBatch();
      if (hasMovedOn) owedSince = monotonicMs();
      hasMovedOn = false;
      for (const call of sent) {
        call.isSent = true;
        call.deadline = deadlineInQueue(call);
      }
      writer.postMessage(sent.map(({ order, deadline }) => [order, deadline]));
    }
  }

  /** The calls that are next. A call of many attempts is not divided: it is the first of a batch, or fits into it. */
  function takeBatch(): Call[] {
    let [count, size] = [0, 0];
    for (const { order } of waiting) {
      if (count > 0 && size + sizeOf(order) > MAX_BATCH) break;
      count += 1;
      size += sizeOf(order);
    }
    waitingSize -= size;
    return waiting.splice(0, count);
  }

  function deadlineInQueue({ deadline, patienceMs }: Call): number {
    return Math.max(deadline, owedSince + patienceMs);
  }

  /** Gives up what is overdue. */
  function giveUp(): void {
    const overdue = [...sent, ...waiting].filter(isOverdue);
    if (overdue.length > 0) fail(overdue, new Error('the writer has not answered in time'));
    waiting = waiting.filter(({ isOver }) => !isOver);
    waitingSize = waiting.reduce((sum, { order }) => sum + sizeOf(order), 0);
    for (const { deadline, isOver } of [...sent, ...waiting]) if (!isOver) alarm.setFor(deadline);
  }

  function isOverdue(call: Call): boolean {
    if (call.isOver || monotonicMs() < call.deadline) return false;
    // A writer that has nothing to do is not what it waits for: its batch goes out in this turn.
    if (!call.isSent) call.deadline = hasMovedOn ? monotonicMs() + call.patienceMs : deadlineInQueue(call);
    return monotonicMs() >= call.deadline;
  }

  function settle(reply: Reply): void {
    const calls = sent;
    sent = [];
    if ('outage' in reply) {
      fail(calls, reply.outage);
    } else {
      hasMovedOn = reply.results.some((result) => result !== LATE);
      for (const [index, call] of calls.entries()) end(call, reply.results[index]);
    }
    if (waiting.length === 0) alarm.stop();
    schedule();
  }

  function failAll(cause: unknown): void {
    const calls = [...sent, ...waiting];
    sent = [];
    waiting = [];
    waitingSize = 0;
    fresh = [];
    alarm.stop();
    fail(calls, cause);
  }

  function fail(calls: readonly Call[], cause: unknown): void {
    for (const call of calls) end(call, new StoreUnavailableError(cause));
    onOutage();
  }

  return {
    send(order, patienceMs) {
      if (closing !== undefined) return Promise.reject(new StoreUnavailableError(new Error('the store is closed')));
      if (waitingSize >= MAX_WAITING) return Promise.reject(new StoreUnavailableError(new Error('too many calls are waiting')));
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      const call: Call = {
        order,
        patienceMs,
        deadline: Number.POSITIVE_INFINITY,
        isSent: false,
        isOver: false,
        promise,
        resolve,
        reject,
      };
      waiting.push(call);
      waitingSize += sizeOf(order);
      fresh.push(call);
      schedule();
      return promise;
    },
    close() {
      closing ??= Promise.allSettled([...sent, ...waiting].map((call) => call.promise)).then(() => writer && endWriter(writer));
      return closing;
    },
  };
}

function end(call: Call, result: Result | typeof LATE | Error): void {
  const { resolve, reject } = call;
  call.isOver = true;
  if (result === LATE) reject(new StoreUnavailableError(new Error('the writer had no time left for it')));
  else if (result instanceof Error) reject(result);
  else resolve(result as never);
}

async function endWriter(writer: Worker): Promise<void> {
  writer.ref();
  writer.postMessage(CLOSE);
  // A writer that hangs on its disk is left to the end of the process.
  await once(writer, 'exit', { signal: AbortSignal.timeout(CLOSING_MS) }).catch(() => writer.unref());
}
