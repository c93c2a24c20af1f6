/** The SQLite store when its file or disk fails: no code is accepted wrongly or forgotten, and the store recovers without help. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Store, StoreUnavailableError } from '../../src/ports/store.ts';
import { judgeOrder, type WriterData } from '../../src/store/sqlite/orders.ts';
import { createQueue } from '../../src/store/sqlite/queue.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { identify } from '../../src/store/sqlite/writer-file.ts';
import { issue, START } from '../auth/fixtures.ts';
import { runningMs } from '../support/running-time.ts';
import { attempt, named, outcomeOf, tallyOf } from './codes-fixtures.ts';
import { type OtherProcess, startProcess } from './codes-processes.ts';

const WRITER = new URL('../../src/store/sqlite/writer.ts', import.meta.url);

let folder: string;
let file: string;
let store: Store;
const cleaning: (() => unknown)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-faults-'));
  file = join(folder, 'data', 'otpd.db');
  store = openSqliteStore({ file });
  await store.ping();
  await store.codes.judge(attempt({ step: 1 }), START);
});
afterEach(async () => {
  await store.close();
  for (const clean of cleaning.splice(0).reverse()) await clean();
  rmSync(folder, { recursive: true });
});

/** Pings as the monitor does; resolves to the time until the store can write, in ms. */
async function recovery(): Promise<number> {
  const started = runningMs();
  while (runningMs() - started < 5000) {
    try {
      await store.ping();
      return runningMs() - started;
    } catch {
      await setTimeout(50);
    }
  }
  throw new Error('not at work again within 5 s');
}

/** Expects that two steps and a ping fail during the fault. */
async function expectOutage(): Promise<void> {
  for (let step = 2; step <= 3; step += 1) {
    const started = runningMs();
    expect(await outcomeOf(store.codes, attempt({ step }), START)).toBe('unavailable');
    expect(runningMs() - started).toBeLessThan(1000);
  }
  await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
}

async function expectAtWork(): Promise<void> {
  expect(await recovery()).toBeLessThan(2000);
  expect(await store.codes.judge(attempt({ step: 1 }), START)).toMatchObject({ outcome: 'replayed' });
  expect(await store.codes.judge(attempt({ step: 2 }), START)).toMatchObject({ outcome: 'accepted' });
  expect(await store.codes.judge(attempt({ step: 2 }), START)).toMatchObject({ outcome: 'replayed' });
}

/** Runs a program on the file, since opening and closing the file in this process would drop the locks of the store. */
function run(program: string, ...words: string[]): void {
  execFileSync(program, words, { stdio: 'pipe' });
}

describe('a file that another process keeps locked', () => {
  it('is an outage within 300 ms for each of many, and passes', async () => {
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const started = runningMs();
    const crowd = Array.from({ length: 600 }, (_, key) => attempt({ fingerprint: `key-${key}` }));
    expect(await tallyOf(store.codes, crowd, START)).toMatchObject({ unavailable: 600 });
    expect(runningMs() - started).toBeLessThan(500);
    await expectOutage();
    other.exec('ROLLBACK');
    other.close();
    await expectAtWork();
    expect(await store.codes.inspect(named('key-599'), START)).toMatchObject({ tracks: [] });
  });

  it('is waited for longer by the first ping, whose writer is starting, than by the next', async () => {
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const starting = openSqliteStore({ file });
    cleaning.push(starting.close);
    const first = starting.ping();
    const given = await Promise.race([
      first.then(() => 'the first'),
      expect(store.ping())
        .rejects.toThrow(StoreUnavailableError)
        .then(() => 'the next'),
    ]);
    expect(given).toBe('the next');
    other.exec('ROLLBACK');
    other.close();
    await first;
  });

  it('has nothing of what was rejected take effect later', async () => {
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const workerData: WriterData = { file, identity: identify(file) };
    const queue = createQueue(
      () => new Worker(WRITER, { workerData, execArgv: [] }),
      () => undefined,
    );
    // The ping is in the same batch as the first attempts. With its long patience, it gets the lock after they have failed.
    const ping = queue.send(['ping', false], 60_000);
    const crowd = Array.from({ length: 1000 }, (_, key) => {
      const order = judgeOrder(attempt({ fingerprint: `key-${key}`, step: undefined }), START);
      return expect(queue.send(order, 200)).rejects.toThrow(StoreUnavailableError);
    });
    await Promise.all(crowd);
    other.exec('ROLLBACK');
    await ping;
    await queue.send(['ping', false], 60_000);
    await queue.close();
    expect(other.prepare('SELECT count(*) AS rows FROM otp_state').get()).toEqual({ rows: 1 });
    other.close();
  });
});

describe('a file that is not what it was', () => {
  it('cut off, is an outage until it is whole again', async () => {
    const crowd = Array.from({ length: 300 }, (_, key) => attempt({ fingerprint: `key-${key}` }));
    await tallyOf(store.codes, crowd, START);
    await store.close();
    store = openSqliteStore({ file });
    await store.ping();
    // With pages in memory and in the write-ahead log, SQLite alone would not notice the fault.
    expect(await tallyOf(store.codes, crowd, START)).toMatchObject({ replayed: 300 });
    await store.codes.judge(attempt({ fingerprint: 'written ahead' }), START);
    const [whole, damaged] = [`${file}.whole`, `${file}.damaged`];
    run('cp', file, whole);
    const bytes = readFileSync(whole);
    // A page of the API keys, which judging alone does not read.
    writeFileSync(damaged, bytes.fill(0xa5, 4096, 8192));

    run('truncate', '-s', '5000', file);
    await expectOutage();
    run('truncate', '-s', '0', file);
    await expectOutage();
    run('cp', damaged, file);
    await expectOutage();
    run('cp', whole, file);
    await expectAtWork();
  });

  it('shortened by a VACUUM, works', async () => {
    const crowd = Array.from({ length: 500 }, (_, key) => attempt({ fingerprint: `key-${key}` }));
    await tallyOf(store.codes, crowd, START);
    const other = new DatabaseSync(file);
    other.exec("PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM otp_state WHERE name <> 'key'");
    await store.codes.inspect(named('key'), START);
    const before = statSync(file).size;
    other.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
    other.close();
    expect(statSync(file).size).toBeLessThan(before);
    await expectAtWork();
  });

  it('overwritten with other bytes of the same size, is never one without used codes', async () => {
    await store.close();
    store = openSqliteStore({ file });
    run('cp', file, `${file}.whole`);
    run(
      process.execPath,
      '-e',
      `fs.writeFileSync(${JSON.stringify(file)}, Buffer.alloc(fs.statSync(${JSON.stringify(file)}).size, 65))`,
    );
    expect(await outcomeOf(store.codes, attempt({ step: 1 }), START)).not.toBe('accepted');
    run('cp', `${file}.whole`, file);
    await expectAtWork();
  });

  it('moved away, is an outage, and no new file is made in its place', async () => {
    renameSync(file, `${file}.moved`);
    await expectOutage();
    expect(() => run('test', '-e', file)).toThrow('Command failed');
    renameSync(`${file}.moved`, file);
    await expectAtWork();
  });

  it('replaced by another, is an outage: the other one may not know which codes are used', async () => {
    const other = join(folder, 'other', 'otpd.db');
    await openSqliteStore({ file: other }).close();
    renameSync(file, `${file}.moved`);
    renameSync(other, file);
    await expectOutage();
    renameSync(`${file}.moved`, file);
    await expectAtWork();
  });
});

describe('a process that may not write any more', () => {
  let other: OtherProcess;
  const limit = (bytes: string) => run('prlimit', `--pid=${other.child.pid}`, `--fsize=${bytes}:unlimited`);
  beforeEach(async () => {
    other = await startProcess(file);
  });
  afterEach(() => other.leave());

  it('accepts nothing, counts nothing, says so, and works again once it may', async () => {
    expect(await other.tell({ do: 'one', attempt: { step: 2 } })).toBe('accepted');
    limit('1');
    for (let step = 3; step <= 6; step += 1) expect(await other.tell({ do: 'one', attempt: { step } })).toBe('unavailable');
    expect(await other.tell({ do: 'ping' })).toBe(false);
    expect(await other.tell({ do: 'ping' })).toBe(false);
    expect(await store.codes.inspect(named('key'), START)).toMatchObject({ tracks: [{ last: 2 }] });
    limit('unlimited');
    expect(await other.tell({ do: 'ping' })).toBe(true);
    expect(await other.tell({ do: 'one', attempt: { step: 2 } })).toBe('replayed');
    expect(await other.tell({ do: 'one', attempt: { step: 3 } })).toBe('accepted');
  });
});

/** Only a process that may mount can have a full disk or a read-only one. */
const mayMount = tryMount();
if (!mayMount) process.stderr.write('not run, for want of the right to mount: SQLite on a full disk and on a read-only one\n');

describe.each(mayMount ? ['a disk of its own'] : [])('on %s', () => {
  function mount(...words: string[]): void {
    run('mount', ...words);
    cleaning.push(() => run('umount', words.at(-1) ?? ''));
  }

  it('a file whose disk is full takes no attempt in part, and all again once there is room', async () => {
    await store.close();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk);
    file = join(disk, 'otpd.db');
    store = openSqliteStore({ file });
    await store.ping();
    await store.codes.judge(attempt({ step: 1 }), START);
    expect(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(2 ** 20))).toThrow('ENOSPC');
    const crowd = Array.from({ length: 2000 }, (_, key) => attempt({ fingerprint: `full-${key}` }));
    const tally = await tallyOf(store.codes, crowd, START);
    expect(tally.unavailable).toBeGreaterThan(0);
    await expectOutage();
    rmSync(join(disk, 'filler'));
    await expectAtWork();
    expect(await tallyOf(store.codes, crowd, START)).toMatchObject({ accepted: tally.unavailable, replayed: tally.accepted });
  });

  it('a file that is read-only when the writer opens it is an outage until it is not', async () => {
    await store.close();
    store = openSqliteStore({ file });
    const data = join(folder, 'data');
    mount('--bind', data, data);
    run('mount', '-o', 'remount,ro,bind', data);
    await expectOutage();
    run('mount', '-o', 'remount,rw,bind', data);
    await expectAtWork();
  });
});

describe('the health', () => {
  it('is asked by writing once a key could not be written, and until something can', async () => {
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.keys.insert(issue().record)).rejects.toThrow(StoreUnavailableError);
    other.exec('ROLLBACK');
    const frames = () => other.prepare('PRAGMA wal_checkpoint(NOOP)').get()?.['log'];
    const before = frames();
    await store.ping();
    expect(frames()).not.toBe(before);
    const after = frames();
    await store.ping();
    expect(frames()).toBe(after);
    other.close();
  });
});

function tryMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'otpd-mount-'));
  try {
    run('mount', '-t', 'tmpfs', 'tmpfs', place);
    run('umount', place);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true });
  }
}
