/**
 * A bounded table of ids, which gives each a row: the place of what is known of it in arrays of numbers.
 *
 * In a `Map` of objects 100,000 ids are half a million objects: each whole collection goes through them, the heap may grow to twice their size,
 * and a call for an id that was not used lately waits a dozen times for memory. Here they are a few arrays that collections pass over. These
 * have their full length from the start, of which the system gives only those pages that are written to.
 */
import { hash } from 'node:crypto';
import { createRowOrder, type RowOrder } from './lru-slots.ts';

/** The length of an API key's id. */
const ID_LENGTH = 12;
/** Of 32 bits, in an id as Latin-1. */
const WORDS = 3;

export interface IdTable {
  /** The rows in use, in the order of their coming. */
  readonly rows: Pick<RowOrder, 'size' | 'given' | 'oldest' | 'renew'>;
  /** The row of the id, or `NONE` of lru-slots.ts. */
  find(id: string): number;
  /** Gives a row to an id that has none, as the newest. The table must not be full. */
  add(id: string): number;
  /** Removes the row and its id. */
  remove(row: number): void;
  /** The id of a row, where it has the length of an API key's. */
  idOf(row: number): string;
}

/** The id that is looked up. */
const sought = new Uint8Array(ID_LENGTH);
const soughtWords = new Int32Array(sought.buffer);

/** Makes an empty table for up to `capacity` ids: open addressing with linear probing, gaps closed as they come. */
export function createIdTable(capacity: number): IdTable {
  const rows = createRowOrder(capacity);
  const words = new Int32Array(capacity * WORDS);
  /** The row plus 1; zero where the place is free. At least half of them are, so that the next free one is near. */
  const places = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity)));
  const mask = places.length - 1;
  const after = (place: number): number => (place + 1) & mask;
  const rowAt = (place: number): number => (places[place] as number) - 1;
  const home = (row: number): number => mix(words, row * WORDS) & mask;

  function isSought(row: number): boolean {
    const at = row * WORDS;
    return words[at] === soughtWords[0] && words[at + 1] === soughtWords[1] && words[at + 2] === soughtWords[2];
  }

  /** Where the sought id is, or else would be. */
  function placeOfSought(): number {
    let place = mix(soughtWords, 0) & mask;
    while (places[place] !== 0 && !isSought(rowAt(place))) place = after(place);
    return place;
  }

  /** Moves up what was put behind `gap` for want of a place nearer its home, so that it is still found. */
  function close(gap: number): void {
    const distance = (from: number, to: number): number => (to - from) & mask;
    for (let next = after(gap); places[next] !== 0; next = after(next)) {
      if (distance(home(rowAt(next)), next) < distance(gap, next)) continue;
      places[gap] = places[next] as number;
      gap = next;
    }
    places[gap] = 0;
  }

  return {
    rows,
    find(id) {
      seek(id);
      return rowAt(placeOfSought());
    },
    add(id) {
      const row = rows.add();
      seek(id);
      words.set(soughtWords, row * WORDS);
      places[placeOfSought()] = row + 1;
      return row;
    },
    remove(row) {
      let place = home(row);
      while (rowAt(place) !== row) place = after(place);
      close(place);
      rows.remove(row);
    },
    idOf: (row) => Buffer.from(words.buffer, row * ID_LENGTH, ID_LENGTH).toString('latin1'),
  };
}

/** Makes `id` the sought one. */
function seek(id: string): void {
  let codes = 0;
  for (let place = 0; place < ID_LENGTH; place += 1) {
    const code = id.charCodeAt(place);
    sought[place] = code;
    codes |= code;
  }
  // Any other text goes by as many characters of its hash, which are as little likely to be those of another id as two ids are to be the same.
  if (id.length !== ID_LENGTH || codes > 0xff) seek(hash('sha256', id, 'base64').slice(0, ID_LENGTH));
}

/** Spreads ids that differ in little; those of API keys are random, and no stranger's choice. */
function mix(words: Int32Array, at: number): number {
  let mixed = Math.imul(words[at] as number, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ (words[at + 1] as number), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ (words[at + 2] as number), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
