/** The places of rows: every name finds its row, whatever connections, ends and undone transactions come between. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/sqlite/open.ts';
import { createPlaces, type Places } from '../../src/store/sqlite/places.ts';
import { randomOf } from '../chaos/form.ts';

/** A round of the index: as many new rows as it takes to write all of it. */
const ROUND = 65_536;

let folder: string;
let file: string;
const opened: DatabaseSync[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-places-'));
  file = join(folder, 'otpd.db');
});
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
  rmSync(folder, { recursive: true });
});

/** A connection of its own, with what it has in memory: what a process is. */
function connect() {
  const database = openDatabase(file);
  opened.push(database);
  const places: Places<{ failures: number }> = createPlaces(database, 'otp_state', 'failures');
  const insert = database.prepare('INSERT INTO otp_state (name, failures, locked_until) VALUES (?, ?, 0)');
  const expire = database.prepare('UPDATE otp_state SET expires_at = 1 WHERE id = ?');

  function add(name: string, failures = 0): void {
    places.add(name, Number(insert.run(name, failures).lastInsertRowid));
  }

  function transaction<T>(work: () => T, isUndone = false): T {
    database.exec('BEGIN IMMEDIATE');
    places.refresh();
    const result = work();
    places.settle();
    if (isUndone) places.forget();
    database.exec(isUndone ? 'ROLLBACK' : 'COMMIT');
    return result;
  }
  return {
    database,
    transaction,
    find: (name: string) => places.find(name)?.failures,
    add,
    drop(name: string): void {
      expire.run(places.find(name)?.id ?? 0);
      places.sweep(1, 1);
    },
    /** Adds rows in transactions as large as a batch of the writer. */
    fill(names: readonly string[]): void {
      for (let from = 0; from < names.length; from += 256)
        transaction(() => {
          for (const name of names.slice(from, from + 256)) add(name);
        });
    },
    one: (sql: string) => Number(Object.values(database.prepare(sql).get() ?? {})[0]),
  };
}

const SETTLED = "SELECT value FROM meta WHERE key = 'otp_state_settled'";
const WAITING = `SELECT count(*) FROM otp_state WHERE id > (${SETTLED})`;

/** Names as digests are, the same ones for one seed. */
function namesOf(seed: number, count: number): string[] {
  const { bytes } = randomOf(seed);
  return Array.from({ length: count }, () => Buffer.from(bytes(16)).toString('base64url'));
}

describe('a name', () => {
  it('finds its row through any mixture of connections, removals, undone transactions and ends of processes', () => {
    const random = randomOf(1);
    const known = new Map<string, number>();
    const names = namesOf(2, 200_000);
    const processes = [connect(), connect()];
    let value = 0;
    for (let turn = 0; turn < 1_500; turn += 1) {
      const place = random.chance(0.3) ? 1 : 0;
      if (random.chance(0.005)) processes[place] = connect();
      const { transaction, find, add, drop } = processes[place] ?? connect();
      const isUndone = random.chance(0.02);
      const before = isUndone ? new Map(known) : known;
      transaction(() => {
        for (let step = 0; step < 100; step += 1) {
          // Half of them names that came lately, the others any.
          const newest = Math.min(names.length - 1, turn * 100);
          const name = names[random.chance(0.5) ? Math.max(0, newest - random.below(300)) : random.below(newest)] ?? '';
          expect(find(name)).toBe(known.get(name));
          value += 1;
          if (!known.has(name)) {
            add(name, value);
            known.set(name, value);
          } else if (random.chance(0.2)) {
            drop(name);
            known.delete(name);
          }
        }
      }, isUndone);
      if (isUndone) {
        known.clear();
        for (const [name, found] of before) known.set(name, found);
      }
    }
    const { transaction, find, one } = connect();
    const wrong = transaction(() => names.filter((name) => find(name) !== known.get(name)));
    expect(wrong).toEqual([]);
    expect(one('SELECT count(*) FROM otp_state')).toBe(known.size);
    // It went to the index on the way, not only to memory.
    expect(one(SETTLED)).toBeGreaterThan(0);
  }, 60_000);

  it('is told from others that begin alike', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `beginning-${i}`);
    const { fill, transaction, find } = connect();
    fill(names.slice(0, 1000));
    fill(namesOf(3, 2 * ROUND));
    fill(names.slice(1000));
    expect(transaction(() => [find('beginning-'), ...names.map(find)])).toEqual([undefined, ...names.map(() => 0)]);
  });

  it('of a row that another connection dropped, and added anew, finds the new one', () => {
    const [one, other] = [connect(), connect()];
    one.transaction(() => one.add('name', 1));
    other.transaction(() => other.drop('name'));
    expect(one.transaction(() => one.find('name'))).toBeUndefined();
    // The newest row was dropped: were its id given again, the first connection would not ask for it.
    other.transaction(() => other.add('other name', 2));
    expect(one.transaction(() => one.find('other name'))).toBe(2);
    other.transaction(() => other.add('name', 3));
    expect(one.transaction(() => one.find('name'))).toBe(3);
  });

  it('whose row was put where another was, by hand, finds what is there', () => {
    const { database, transaction, add, find } = connect();
    transaction(() => add('name', 1));
    database.exec("UPDATE otp_state SET name = 'other'");
    expect(transaction(() => find('name'))).toBeUndefined();
  });
});

describe('the index', () => {
  it('and the rows of the last two rounds are all that a process needs that comes later', () => {
    const names = namesOf(4, 2 * ROUND + 20_000);
    connect().fill(names);
    const { transaction, find, one } = connect();
    expect(one(SETTLED)).toBeGreaterThan(0);
    expect(one(WAITING)).toBeLessThanOrEqual(2 * ROUND);
    expect(transaction(() => names.filter((name) => find(name) === undefined))).toEqual([]);
  });

  it('leads to no row that is gone, one round later', () => {
    const { fill, transaction, drop, one } = connect();
    const gone = namesOf(5, 1000);
    fill(gone);
    fill(namesOf(6, ROUND));
    transaction(() => gone.forEach(drop));
    fill(namesOf(7, ROUND));
    expect(one('SELECT count(*) FROM otp_state_place WHERE id NOT IN (SELECT id FROM otp_state)')).toBe(0);
    expect(one('SELECT count(*) FROM otp_state_place')).toBeGreaterThan(ROUND / 2);
  });

  it('takes up at a start what processes left to it that never came to the end of a round', () => {
    const names = namesOf(7, ROUND + 5000);
    connect().fill(names.slice(0, 40_000));
    connect().fill(names.slice(40_000));
    expect(connect().one(SETTLED)).toBe(0);
    const { transaction, find, one } = connect();
    expect(transaction(() => names.filter((name) => find(name) === undefined))).toEqual([]);
    expect([one(SETTLED), one(WAITING)]).toEqual([names.length, 0]);
    expect(one('SELECT count(*) FROM otp_state_place')).toBe(names.length);
  });

  it('is written by a few pages for a batch of many new names, however many there are', () => {
    const { database, fill, one } = connect();
    fill(namesOf(8, 3 * ROUND));
    database.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA wal_checkpoint(TRUNCATE)');
    const [batches, pageSize] = [20, one('PRAGMA page_size')];
    fill(namesOf(9, batches * 256));
    const pages = statSync(`${file}-wal`).size / pageSize / batches;
    // An index of SQLite's own takes 250.
    expect(pages).toBeLessThan(40);
  });
});
