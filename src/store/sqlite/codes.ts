/** The main thread's side of the writer: the operations of a running service become orders. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CodeStore } from '../../ports/codes.ts';
import type { RecoveryStore } from '../../ports/recovery.ts';
import type { CreditCount } from './credits.ts';
import { judgeOrder, type WriterData } from './orders.ts';
import { createQueue } from './queue.ts';

/** The time for judging an attempt or a use, in ms: Verify must answer within 300 ms. */
const JUDGE_PATIENCE_MS = 200;
/** The same for a batch, whose caller waits for the last answer anyway. */
const BATCH_PATIENCE_MS = 400;
/** The same for the other orders, which are less urgent than Verify. */
const PATIENCE_MS = 1000;
/** The most keys in an order: a few ms of work, so that Verify does not wait long behind it. */
const TOUCHED_AT_ONCE = 500;
/** The time for the first ping, in ms: the writer may start slowly on a machine that is still booting. */
const STARTING_MS = 5000;

export interface SqliteCodes extends CodeStore {
  readonly recovery: RecoveryStore;
  /** As in `KeyStore`. */
  touch(lastUsed: ReadonlyMap<string, number>): Promise<void>;
  noteUse(id: string, digest: Uint8Array): Promise<void>;
  /** As in `SealingKeyUses`. */
  noteDays(days: ReadonlyMap<string, number>): Promise<void>;
  /** Writes some hundreds of credits at most. */
  noteCredits(counts: readonly CreditCount[]): Promise<void>;
  /** Resolves when the writer has held the write lock and, with `write`, has written. Rejects with `StoreUnavailableError`. */
  ping(write: boolean): Promise<void>;
  /** Waits for the orders in the queue, then up to a second for the writer to end. */
  close(): Promise<void>;
}

/** Makes the code store over a file of the present schema. `onOutage` is called when the writer fails. */
export function createSqliteCodes(
  data: WriterData,
  hasFormer: boolean,
  leastPatienceMs: number,
  onOutage: () => void,
): SqliteCodes {
  const queue = createQueue(() => startWriter(data), onOutage);
  const judgePatience = Math.max(JUDGE_PATIENCE_MS, leastPatienceMs);
  const batchPatience = Math.max(BATCH_PATIENCE_MS, leastPatienceMs);
  const patience = Math.max(PATIENCE_MS, leastPatienceMs);
  let hasStarted = false;
  return {
    hasFormer,
    judge: (attempt, now) => queue.send(judgeOrder(attempt, now), judgePatience),
    judgeAll: (attempts, now) =>
      queue.send(['judge_all', now, attempts.map((attempt) => judgeOrder(attempt, now))], batchPatience),
    preview: (attempts, now) => queue.send(['preview', attempts, now], judgePatience),
    forgive: (name, now) => queue.send(['forgive', name, now], patience),
    inspect: (name, now) => queue.send(['inspect', name, now], patience),
    unlock: (name, now) => queue.send(['unlock', name, now], patience),
    reset: (name, now, nextCounter) => queue.send(['reset', name, now, nextCounter], patience),
    recovery: {
      use: (use, now) => queue.send(['use', now, use], judgePatience),
      revoke: (set, now) => queue.send(['revoke', set, now], patience),
      inspect: (set, now) => queue.send(['inspectSet', set, now], patience),
      unlock: (set, now) => queue.send(['unlockSet', set, now], patience),
    },
    async touch(lastUsed) {
      const uses = [...lastUsed];
      for (let from = 0; from < uses.length; from += TOUCHED_AT_ONCE)
        await queue.send(['touch', uses.slice(from, from + TOUCHED_AT_ONCE)], patience);
    },
    noteUse: (id, digest) => queue.send(['noteUse', id, digest], patience),
    noteDays: (days) => queue.send(['noteDays', [...days]], patience),
    noteCredits: (counts) => queue.send(['noteCredits', counts], patience),
    async ping(write) {
      await queue.send(['ping', write], hasStarted ? patience : STARTING_MS);
      hasStarted = true;
    },
    close: queue.close,
  };
}

function startWriter(workerData: WriterData): Worker {
  // The writer has the extension of this file: .ts in the sources, .js in the package.
  const url = new URL(`./writer${extname(import.meta.filename)}`, import.meta.url);
  // Some flags of the process would prevent a worker from starting.
  return new Worker(url, { name: 'otpd-writer', workerData, execArgv: [] });
}
