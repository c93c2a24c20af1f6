/** The queue to the writer: orders that arrive while the writer is busy form its next batch. No order waits for a writer that makes no progress. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { StoreUnavailableError } from '../../ports/store.ts';
import { createAlarm } from './alarm.ts';
import { CLOSE, LATE, monotonicMs, type Order, type Reply, type Result, type Results, sizeOf } from './orders.ts';

/** The most attempts in a batch: a few ms of work, so that the first attempt does not wait long for the last. */
const MAX_BATCH = 256;
/** The most attempts that wait for a batch: the writer carries them out in a few hundred ms. */
const MAX_WAITING = 10_000;
/** The pause between the crash of a writer and the start of the next one, in ms. */
const RESTART_PAUSE_MS = 200;
/** The time that a writer has to close its file, in ms. */
const CLOSING_MS = 1000;

export interface Queue {
  /**
   * Sends `order` to the writer. Rejects with `StoreUnavailableError` if the writer makes no progress for `patienceMs`. An order that was
   * still in the queue is then never carried out; an order in a batch may have been. A long queue that moves is not an outage.
   */
  send<Kind extends keyof Results>(
    order: Order & readonly [kind: Kind, ...unknown[]],
    patienceMs: number,
  ): Promise<Results[Kind]>;
  /** Waits for the orders in the queue, then ends the writer. */
  close(): Promise<void>;
}

interface Call {
  readonly order: Order;
  readonly patienceMs: number;
  /**
   * When the call fails, in ms of `monotonicMs`. It moves for a call in the queue, while the writer makes progress or while this thread is late
   * to send the next batch.
   */
  deadline: number;
  isSent: boolean;
  /** Whether the promise is settled. */
  isOver: boolean;
  readonly promise: Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** Makes a queue. The first order starts the writer, as does the first order after a crash. `onOutage` is called after each failure of the writer. */
export function createQueue(startWriter: () => Worker, onOutage: () => void): Queue {
  /** In the order of arrival. An array, since a `Set` would keep removed calls alive (`grpc/fast-path/stream-table.ts`). */
  let waiting: Call[] = [];
  /** The number of attempts in `waiting`. */
  let waitingSize = 0;
  /** The calls of `waiting` that arrived in this turn of the event loop. */
  let fresh: Call[] = [];
  /**
   * When this thread sent the first batch since the last progress of the writer. The time of the progress itself would blame the writer for a
   * thread that is late to send.
   */
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
    // The alarm keeps the process alive while a call waits. `unref` comes last because adding a listener undoes it.
    started.unref();
    return started;
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    // After the events of this turn, so that calls that arrive together share a batch.
    setImmediate(endTurn);
  }

  function endTurn(): void {
    isScheduled = false;
    // Deadlines begin at the end of the turn, since a turn with many calls may last longer than their patience.
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

  /** Takes the next batch from the queue. A call of many attempts is not divided: it fits into the batch, or is its first call. */
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

  /** Fails the overdue calls. */
  function giveUp(): void {
    const overdue = [...sent, ...waiting].filter(isOverdue);
    if (overdue.length > 0) fail(overdue, new Error('the writer has not answered in time'));
    waiting = waiting.filter(({ isOver }) => !isOver);
    waitingSize = waiting.reduce((sum, { order }) => sum + sizeOf(order), 0);
    for (const { deadline, isOver } of [...sent, ...waiting]) if (!isOver) alarm.setFor(deadline);
  }

  function isOverdue(call: Call): boolean {
    if (call.isOver || monotonicMs() < call.deadline) return false;
    // If the writer is idle, this thread is late: it sends the batch of this call in this turn.
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
  // A writer that hangs on its disk ends with the process.
  await once(writer, 'exit', { signal: AbortSignal.timeout(CLOSING_MS) }).catch(() => writer.unref());
}
