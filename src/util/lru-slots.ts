/** The rows of a table of bounded size, in the order of their coming, in two arrays of numbers. */

/** The number that stands for no row. */
export const NONE = -1;

/** Rows are from 0 up; a row that was given back is the next to be given. */
export interface RowOrder {
  readonly size: number;
  /** How many different rows were given so far: rows from here on never were. */
  readonly given: number;
  /** The row that was added or renewed the longest ago, or `NONE`. */
  readonly oldest: number;
  /** Gives a row, as the newest. Not all may be in use. */
  add(): number;
  /** Makes the row the newest. */
  renew(row: number): void;
  /** Takes the row back. */
  remove(row: number): void;
}

/** Makes an order of up to `capacity` rows, none of them in use. */
export function createRowOrder(capacity: number): RowOrder {
  /** Rows in use form a ring, closed by one more row between the newest and the oldest. Rows that were given back form a chain by `newer`. */
  const end = capacity;
  const [older, newer] = [new Int32Array(capacity + 1), new Int32Array(capacity + 1)];
  [older[end], newer[end]] = [end, end];
  let free = NONE;
  let given = 0;
  let size = 0;

  const olderThan = (row: number): number => older[row] as number;
  const newerThan = (row: number): number => newer[row] as number;

  function join(before: number, after: number): void {
    newer[before] = after;
    older[after] = before;
  }

  function putLast(row: number): void {
    join(olderThan(end), row);
    join(row, end);
  }

  function next(): number {
    if (free === NONE) return given++;
    const row = free;
    free = newerThan(row);
    return row;
  }

  return {
    get size() {
      return size;
    },
    get given() {
      return given;
    },
    get oldest() {
      return size === 0 ? NONE : newerThan(end);
    },
    add() {
      if (size === capacity) throw new RangeError('all rows are in use');
      const row = next();
      putLast(row);
      size += 1;
      return row;
    },
    renew(row) {
      join(olderThan(row), newerThan(row));
      putLast(row);
    },
    remove(row) {
      join(olderThan(row), newerThan(row));
      newer[row] = free;
      free = row;
      size -= 1;
    },
  };
}
