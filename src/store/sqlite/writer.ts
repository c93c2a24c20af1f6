/** The writer: a thread whose connection judges codes and records uses, so that the event loop never waits for the disk. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  attemptOf,
  CLOSE,
  LATE,
  monotonicMs,
  type Order,
  type Reply,
  type Result,
  sizeOf,
  type TimedOrder,
  type WriterData,
} from './orders.ts';
import { APPLICATION_ID } from './schema.ts';
import { BUSY, block, FULL, isOutage, resultCode } from './transaction.ts';
import { type Connection, createWriterFile } from './writer-file.ts';

/** The longest pause between two tries for the write lock, in ms: a little longer than a commit. */
const MAX_PAUSE_MS = 2;
/** Expired rows deleted for each attempt: two, so that rows leave faster than new ones arrive. */
const SWEPT = 2;

const { file, identity } = workerData as WriterData;
const writerFile = createWriterFile(file, identity);

parentPort?.on('message', (message: readonly TimedOrder[] | typeof CLOSE) => {
  if (message === CLOSE) {
    writerFile.drop();
    parentPort?.close();
  } else {
    parentPort?.postMessage(carryOut(message));
  }
});

/** Carries out a batch in one transaction, which waits for the disk once. */
function carryOut(batch: readonly TimedOrder[]): Reply {
  try {
    const connection = begin(Math.max(...batch.map(([, deadline]) => deadline)));
    try {
      const results = batch.map((timed) => resultOf(timed, connection));
      sweep(batch, connection);
      connection.database.exec('COMMIT');
      return { results };
    } catch (error) {
      // A full disk or an I/O error has ended the transaction already.
      if (connection.database.isTransaction) connection.database.exec('ROLLBACK');
      throw error;
    }
  } catch (error) {
    const code = resultCode(error);
    if (code !== undefined && code !== BUSY && code !== FULL) writerFile.drop();
    return { outage: asError(error) };
  }
}

/** Waits until `deadline` for the write lock, which another process may hold. Short pauses give this process its share beside a busy one. */
function begin(deadline: number): Connection {
  for (;;) {
    try {
      const connection = writerFile.connect();
      connection.database.exec('BEGIN IMMEDIATE');
      return connection;
    } catch (error) {
      if (resultCode(error) !== BUSY || monotonicMs() > deadline) throw error;
    }
    // Blocking is fine: this thread does nothing else.
    block(Math.random() * MAX_PAUSE_MS);
  }
}

function resultOf([order, deadline]: TimedOrder, connection: Connection): Result | typeof LATE | Error {
  if (monotonicMs() > deadline) return LATE;
  return withoutBug(() => carryOutOne(order, connection), connection);
}

/** Returns the error of a bug, so that the other orders of the batch are carried out; throws if the transaction has failed. */
function withoutBug<T>(carryOut: () => T, connection: Connection): T | Error {
  try {
    return carryOut();
  } catch (error) {
    if (isOutage(error) || !connection.database.isTransaction) throw error;
    return asError(error);
  }
}

function carryOutOne(order: Order, connection: Connection): Result {
  const { database, rows, recovery, touch, noteUse, noteDays } = connection;
  switch (order[0]) {
    case 'judge':
      return rows.judge(attemptOf(order), order[1]);
    case 'judge_all':
      return order[2].map((one) => withoutBug(() => rows.judge(attemptOf(one), one[1]), connection));
    case 'preview':
      return order[1].map((attempt) => rows.preview(attempt, order[2]));
    case 'forgive':
      rows.forgive(order[1], order[2]);
      return undefined;
    case 'inspect':
      return rows.inspect(order[1], order[2]);
    case 'unlock':
      return rows.unlock(order[1], order[2]);
    case 'reset':
      return rows.reset(order[1], order[2], order[3]);
    case 'use':
      return recovery.use(order[2], order[1]);
    case 'revoke':
      recovery.revoke(order[1], order[2]);
      return undefined;
    case 'inspectSet':
      return recovery.inspect(order[1], order[2]);
    case 'unlockSet':
      return recovery.unlock(order[1], order[2]);
    case 'touch':
      touch(order[1]);
      return undefined;
    case 'noteUse':
      noteUse(order[1], order[2]);
      return undefined;
    case 'noteDays':
      noteDays(order[1]);
      return undefined;
    case 'noteCredits':
      connection.noteCredits(order[1]);
      return undefined;
    case 'ping':
      // Commits a page without a change to its content. `user_version` would not do: a newer otpd may have migrated the file since.
      if (order[1]) database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      return undefined;
  }
}

function sweep(batch: readonly TimedOrder[], { rows, recovery }: Connection): void {
  const size = batch.reduce((sum, [order]) => sum + sizeOf(order), 0);
  const judged = batch.findLast(([order]) => isJudging(order))?.[0];
  const used = batch.findLast(([order]) => order[0] === 'use')?.[0];
  if (judged !== undefined && isJudging(judged)) rows.sweep(judged[1], SWEPT * size);
  if (used?.[0] === 'use') recovery.sweep(used[1], SWEPT * size);
}

function isJudging(order: Order): order is Order & { readonly 0: 'judge' | 'judge_all'; readonly 1: number } {
  return order[0] === 'judge' || order[0] === 'judge_all';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
