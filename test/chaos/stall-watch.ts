/** The thread of `stalls.ts`: writes to the disk, and to the database if there is one, as a store does, and records how long each round takes. */
import { fsyncSync, openSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { BUSY, resultCode } from '../../src/store/sqlite/transaction.ts';

export interface WatchData {
  readonly file: string;
  /** Undefined with Redis. */
  readonly database: string | undefined;
  /** The longest round, in ms, and when the latest one ended, in ms since `epoch`. */
  readonly shared: Int32Array<SharedArrayBuffer>;
  readonly epoch: number;
}

const PAUSE_MS = 10;
const PAGE = Buffer.alloc(4096);

const { file, database: databaseFile, shared, epoch } = workerData as WatchData;
const disk = openSync(file, 'w');
const database = databaseFile === undefined ? undefined : new DatabaseSync(databaseFile, { timeout: 0 });
database?.exec('PRAGMA synchronous = FULL');

for (let begun = Date.now(); ; ) {
  sleep(PAUSE_MS);
  writeSync(disk, PAGE, 0, PAGE.length, 0);
  fsyncSync(disk);
  if (database) commit(database);
  const now = Date.now();
  if (now - begun > Atomics.load(shared, 0)) Atomics.store(shared, 0, now - begun);
  Atomics.store(shared, 1, now - epoch);
  begun = now;
}

/** Commits a transaction without a change when the lock is free. */
function commit(one: DatabaseSync): void {
  for (;;) {
    try {
      one.exec('BEGIN IMMEDIATE');
      one.exec(`PRAGMA user_version = ${one.prepare('PRAGMA user_version').get()?.['user_version']}`);
      one.exec('COMMIT');
      return;
    } catch (error) {
      if (resultCode(error) !== BUSY) throw error;
    }
    sleep(1);
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
