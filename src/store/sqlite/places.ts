/**
 * Where the rows of a table are, by the random name of each. An index of SQLite's own would cost every new row a page, read and written for
 * a few bytes. So rows lie in the order of coming, many of a batch on one page, and their places wait in memory until they are written to an
 * index of ours range by range, those of a range together. Nothing is in memory alone: what is not in the index is read again from the rows.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type PlacedTable, prefixOf } from './schema.ts';

/** Ranges of names, in the order of the index: written one after the other. */
const RANGES = 1024;
/** New rows from one writing of a range to the next: some MB of memory. */
const ROUND = 65_536;
/** New rows for which one range is written: so few at once that no batch is held up. */
const ROWS_PER_RANGE = ROUND / RANGES;
/** The characters of base64url by their codes, as SQLite orders them. */
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const RANKS = Uint8Array.from({ length: 128 }, (_, code) => Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))));

/** All but `forget` within a transaction that has the write lock, `refresh` first. A name has one row, and a row its name for ever. */
export interface Places<Row> {
  /** Takes up what other connections have added. */
  refresh(): void;
  /** The row of a name. */
  find(name: string): (Row & { readonly id: number }) | undefined;
  /** Takes up a new row. */
  add(name: string, id: number): void;
  /** Drops the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
  /** Writes as much to the index as came since the last time. */
  settle(): void;
  /** After a transaction that was undone: lets the next `refresh` read everything again. */
  forget(): void;
}

/** The upkeep that the rows of a table need in each transaction, whatever is kept in them. */
export type Upkeep = Pick<Places<unknown>, 'refresh' | 'sweep' | 'settle' | 'forget'>;

/** The columns are typed by the schema, whose tables are STRICT. */
interface Named {
  readonly id: number;
  readonly name: string;
}

/** The places of one range that wait to be written. */
interface Range {
  readonly ids: Map<string, number>;
  /** Lost with the process, which leaves some bytes in the index that lead to no row. */
  readonly dropped: { readonly prefix: string; readonly id: number }[];
}

/** The places of the rows of `table`, in a database of the present schema; `columns` are those of a row that is found. */
export function createPlaces<Row>(database: DatabaseSync, table: PlacedTable, columns: string): Places<Row> {
  const selectSettled = database.prepare(`SELECT CAST(value AS INTEGER) AS id FROM meta WHERE key = '${table}_settled'`);
  const updateSettled = database.prepare(`UPDATE meta SET value = ? WHERE key = '${table}_settled'`);
  const selectNewer = database.prepare(`SELECT id, name FROM ${table} WHERE id > ? ORDER BY id`);
  const selectRow = database.prepare(`SELECT id, ${columns} FROM ${table} WHERE id = ? AND name = ?`);
  const selectPlaced = database.prepare(
    `SELECT id, ${columns} FROM ${table}_place CROSS JOIN ${table} USING (id) WHERE prefix = ? AND name = ?`,
  );
  // A bare parameter as the limit would have SQLite compile the statement anew whenever it is bound, at three times what it takes.
  const deleteExpired = database.prepare(`
    DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT +?) RETURNING id, name`);
  const insertPlace = database.prepare(`INSERT OR IGNORE INTO ${table}_place (prefix, id) VALUES (?, ?)`);
  const deletePlace = database.prepare(`DELETE FROM ${table}_place WHERE prefix = ? AND id = ?`);

  let ranges: Range[] = [];
  /** The newest row that was taken up, and the same when this round began. */
  let newest = 0;
  let newestOfRound = 0;
  /** The range to be written next, and the rows that came since the last one was. */
  let next = 0;
  let owed = 0;

  function load(): void {
    ranges = Array.from({ length: RANGES }, newRange);
    newest = Number(selectSettled.get()?.['id']);
    next = 0;
    owed = 0;
    takeUpNewer();
    newestOfRound = newest;
    // Or a row of processes that never come to the end of a round would leave the next one ever more to read.
    if (owed >= ROUND) settle();
    owed = 0;
  }

  function takeUpNewer(): void {
    for (const { id, name } of selectNewer.all(newest) as object[] as Named[]) add(name, id);
  }

  function rangeOf(name: string): Range {
    return ranges[rangeNumber(name)] as Range;
  }

  function add(name: string, id: number): void {
    rangeOf(name).ids.set(name, id);
    newest = id;
    owed += 1;
  }

  function remove(name: string, id: number): void {
    const { ids, dropped } = rangeOf(name);
    if (ids.get(name) === id) ids.delete(name);
    // In any case: another process may have written it to the index.
    dropped.push({ prefix: prefixOf(name), id });
  }

  function settle(): void {
    for (; owed >= ROWS_PER_RANGE; owed -= ROWS_PER_RANGE) writeNext();
  }

  function writeNext(): void {
    const { ids, dropped } = ranges[next] as Range;
    for (const [name, id] of ids) insertPlace.run(prefixOf(name), id);
    for (const { prefix, id } of dropped) deletePlace.run(prefix, id);
    ranges[next] = newRange();
    next = (next + 1) % RANGES;
    if (next > 0) return;
    updateSettled.run(String(newestOfRound));
    newestOfRound = newest;
  }

  return {
    refresh() {
      if (ranges.length === 0) load();
      else takeUpNewer();
    },
    find(name) {
      const id = rangeOf(name).ids.get(name);
      // The row of a place in memory may be gone, dropped by another process.
      const row = (id === undefined ? undefined : selectRow.get(id, name)) ?? selectPlaced.get(prefixOf(name), name);
      return row as (Row & { id: number }) | undefined;
    },
    add,
    sweep(now, most) {
      for (const { id, name } of deleteExpired.all(now, most) as object[] as Named[]) remove(name, id);
    },
    settle,
    forget() {
      ranges = [];
    },
  };
}

function newRange(): Range {
  return { ids: new Map(), dropped: [] };
}

/** The first two characters, four pairs of them to a range. */
function rangeNumber(name: string): number {
  return (rankAt(name, 0) * 64 + rankAt(name, 1)) >> 2;
}

function rankAt(name: string, place: number): number {
  return RANKS[name.charCodeAt(place)] ?? 0;
}
