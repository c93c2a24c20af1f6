/** The credits of a month in the SQLite store after a restart and after a crash. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LimitWindow, Store } from '../../src/ports/store.ts';
import { keepCredits } from '../../src/store/sqlite/credits.ts';
import { openPatientStore } from '../support/patient-store.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const DECEMBER = Date.UTC(2026, 11);
const MONTH: LimitWindow = { name: 'month', periodMs: 31 * 86_400_000, limit: 100, refundable: true };
const HOUR: LimitWindow = { name: 'hour', periodMs: 3_600_000, limit: 100, refundable: true };

let folder: string;
let opened: Store[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-credits-'));
  opened = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.map((store) => store.close()));
  rmSync(folder, { recursive: true });
});

function open(): Store {
  const store = openPatientStore(join(folder, 'otpd.db'));
  opened.push(store);
  return store;
}
const charge = async (store: Store, cost: number, now: number = NOON, subject = 'key') =>
  store.limits.charge(subject, [HOUR, MONTH], cost, now);
const used = async (store: Store, now: number = NOON, subject = 'key') =>
  (await store.limits.usage(subject, [HOUR, MONTH], now)).map((usage) => usage.used);

it('a restart keeps them, with refunds and with the warnings that were given', async () => {
  const first = open();
  await charge(first, 85);
  await first.limits.refund('key', [HOUR, MONTH], NOON, 15, { rejected: false });
  await charge(first, 3, NOON, 'other');
  await first.close();
  const second = open();
  expect(await used(second)).toEqual([0, 70]);
  expect(await used(second, NOON, 'other')).toEqual([0, 3]);
  expect((await charge(second, 15)).warnings).toBeUndefined();
  expect((await charge(second, 10)).warnings).toEqual([95]);
  await second.close();
  const third = open();
  expect(await used(third)).toEqual([0, 95]);
  expect(await used(third, DECEMBER)).toEqual([0, 0]);
  expect((await charge(third, 80, DECEMBER)).warnings).toEqual([80]);
});

it('a warning is on the disk at once, with all that was counted before it', async () => {
  const store = open();
  await charge(store, 7, NOON, 'other');
  await charge(store, 80);
  await vi.waitFor(async () => expect(await used(open())).toEqual([0, 80]), { timeout: 20_000, interval: 50 });
  expect(await used(open(), NOON, 'other')).toEqual([0, 7]);
});

it('a store that counts none writes nothing', async () => {
  const store = open();
  await store.limits.charge('key', [HOUR], 50, NOON);
  await store.close();
  const database = new DatabaseSync(join(folder, 'otpd.db'));
  expect(database.prepare("SELECT count(*) AS rows FROM meta WHERE key GLOB 'credits:*'").get()).toEqual({ rows: 0 });
  database.close();
});

/** Keeps credits in a table in memory. */
function kept(note: (counts: readonly (readonly [string, ...number[]])[]) => Promise<void>) {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
  const credits = keepCredits(database, note);
  const count = (id: string, spent: number, hasWarned = false) => {
    credits.table.logs.set(id, { start: 0, used: spent, warned: 0 });
    credits.table.onChange?.(id, hasWarned);
  };
  return { ...credits, count };
}

it('changes wait five seconds, and are written together', async () => {
  vi.useFakeTimers();
  const notes: unknown[] = [];
  const { count, close } = kept(async (counts) => void notes.push(counts));
  count('a', 1);
  await vi.advanceTimersByTimeAsync(4000);
  count('b', 2);
  count('a', 3);
  expect(notes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(notes).toEqual([
    [
      ['a', 0, 3, 0],
      ['b', 0, 2, 0],
    ],
  ]);
  await vi.advanceTimersByTimeAsync(60_000);
  await close();
  expect(notes).toHaveLength(1);
});

it('credits that could not be written are written later, with newer ones, and at the end', async () => {
  vi.useFakeTimers();
  const notes: unknown[] = [];
  let isAway = true;
  let tries = 0;
  const { count, close } = kept(async (counts) => {
    tries += 1;
    if (isAway) throw new Error('away');
    notes.push(...counts);
  });
  count('a', 1, true);
  await vi.advanceTimersByTimeAsync(4999);
  expect(tries).toBe(1);
  count('a', 2);
  count('b', 1);
  isAway = false;
  await vi.advanceTimersByTimeAsync(1);
  expect(notes).toEqual([
    ['a', 0, 2, 0],
    ['b', 0, 1, 0],
  ]);
  count('c', 5);
  await close();
  expect(notes.at(-1)).toEqual(['c', 0, 5, 0]);
});

it('a warning that is given during a write is written right after it', async () => {
  vi.useFakeTimers();
  const notes: unknown[] = [];
  const first = Promise.withResolvers<void>();
  const { count, close } = kept(async (counts) => {
    notes.push(...counts);
    if (notes.length === 1) await first.promise;
  });
  count('a', 1, true);
  await vi.advanceTimersByTimeAsync(1);
  count('b', 2, true);
  await vi.advanceTimersByTimeAsync(1);
  count('c', 3);
  expect(notes).toEqual([['a', 0, 1, 0]]);
  first.resolve();
  await vi.advanceTimersByTimeAsync(1);
  expect(notes.slice(1)).toEqual([
    ['b', 0, 2, 0],
    ['c', 0, 3, 0],
  ]);
  await close();
});

it('a write that is under way as the credits are closed is waited for, and made again if it fails', async () => {
  vi.useFakeTimers();
  const notes: PromiseWithResolvers<void>[] = [];
  const { count, close } = kept((counts) => {
    expect(counts).toEqual([['a', 0, 1, 0]]);
    notes.push(Promise.withResolvers<void>());
    return notes.at(-1)?.promise as Promise<void>;
  });
  count('a', 1, true);
  await vi.advanceTimersByTimeAsync(1);
  let isClosed = false;
  const closing = close().then(() => {
    isClosed = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  expect([notes.length, isClosed]).toEqual([1, false]);
  notes[0]?.reject(new Error('away'));
  await vi.advanceTimersByTimeAsync(0);
  expect([notes.length, isClosed]).toEqual([2, false]);
  notes[1]?.resolve();
  await closing;
  expect(vi.getTimerCount()).toBe(0);
});

it('of many keys only the parts that could not be written are tried again', async () => {
  vi.useFakeTimers();
  const parts: string[] = [];
  const { count, close } = kept(async (counts) => {
    parts.push(`${counts[0]?.[0]} to ${counts.at(-1)?.[0]}`);
    if (parts.length === 2) throw new Error('away');
  });
  for (let key = 0; key < 1201; key += 1) count(String(key), 1);
  await vi.advanceTimersByTimeAsync(10_000);
  await close();
  expect(parts).toEqual(['0 to 499', '500 to 999', '500 to 999', '1000 to 1200']);
});

it('many keys are written some hundred at a time', async () => {
  vi.useFakeTimers();
  const sizes: number[] = [];
  const { count, close } = kept(async (counts) => void sizes.push(counts.length));
  for (let key = 0; key < 1201; key += 1) count(String(key), 1);
  await close();
  expect(sizes).toEqual([500, 500, 201]);
});

it('a row without a valid month is skipped', () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO meta VALUES (?, ?)');
  for (const [key, value] of [
    ['credits:a', '0 1 80'],
    ['credits:b', '0 1'],
    ['credits:c', '0 x 0'],
    ['credits:d', '0 -1 0'],
    ['creditsXe', '0 1 0'],
  ] as const)
    insert.run(key, value);
  const { table } = keepCredits(database, async () => undefined);
  expect([...table.logs]).toEqual([['a', { start: 0, used: 1, warned: 80 }]]);
  database.close();
});
