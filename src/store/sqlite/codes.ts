/** The writes of a running service to SQLite, as the main thread sees them: the writer does everything. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CodeStore } from '../../ports/codes.ts';
import type { RecoveryStore } from '../../ports/recovery.ts';
import type { CreditCount } from './credits.ts';
import { judgeOrder, type WriterData } from './orders.ts';
import { createQueue } from './queue.ts';

/** Within this an attempt or a use is judged or rejected, in ms: a Verify has to be answered within 300. */
const JUDGE_PATIENCE_MS = 200;
/** The same for a batch, of which nobody needs the first answer before the last. */
const BATCH_PATIENCE_MS = 400;
/** The same for the others, which have more time than a Verify. */
const PATIENCE_MS = 1000;
/** Keys in one order: some ms of work, so that a Verify does not wait long behind them. */
const TOUCHED_AT_ONCE = 500;
/** The same for the first ping, which may have to wait for the writer to start on a machine that is starting other things too. */
const STARTING_MS = 5000;

export interface SqliteCodes extends CodeStore {
  readonly recovery: RecoveryStore;
  /** As in `KeyStore`. */
  touch(lastUsed: ReadonlyMap<string, number>): Promise<void>;
  noteUse(id: string, digest: Uint8Array): Promise<void>;
  /** As in `SealingKeyUses`. */
  noteDays(days: ReadonlyMap<string, number>): Promise<void>;
  /** Writes credits down, up to some hundred of them. */
  noteCredits(counts: readonly CreditCount[]): Promise<void>;
  /** Resolves when the writer has the write lock, and with `write`, when it has written; rejects with `StoreUnavailableError`. */
  ping(write: boolean): Promise<void>;
  /** Waits for what was asked, for a second at most. */
  close(): Promise<void>;
}

/** The codes in the file of the store, which has the present schema. `onOutage` is told when something could not be written. */
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
  // The same extension as this file has: it is run as it is written, and compiled too.
  const url = new URL(`./writer${extname(import.meta.filename)}`, import.meta.url);
  // The flags of this process are for its main thread: some would not let a worker start.
  return new Worker(url, { name: 'otpd-writer', workerData, execArgv: [] });
}
