/** The entries of call logs, 16 bytes each, in blocks that a garbage collection passes over, used over and over. */

/** The index that stands for no entry. */
export const NO_ENTRY = 0;

/** The four words of an entry. */
const [FIRST_LOW, FIRST_HIGH_AND_SPAN, COUNT, NEXT, SIZE] = [0, 1, 2, 3, 4];
/** For the ms from an entry's first call to its last: 70 minutes. 42 bits are left for the moment of the first: until the year 2109. */
const SPAN_BITS = 22;
const SPAN = 2 ** SPAN_BITS;
const LOW = 2 ** 32;

/** The entries of a block: 64 KiB. */
const BLOCK_BITS = 12;
const BLOCK = 2 ** BLOCK_BITS;

/** Entries of calls close together, each of which names the next of its log. Moments in whole ms since the epoch. */
export class CallEntries {
  readonly #blocks: Uint32Array[] = [];
  /** The first of the entries that were given back; each names the next. */
  #free: number = NO_ENTRY;
  /** Entries from here on were never given. */
  #unused: number = NO_ENTRY + 1;

  /** Gives an entry of `count` calls, which is its own next. Of `first` and `last`, less than 70 minutes lie between. */
  take(first: number, last: number, count: number): number {
    const entry = this.#nextFree();
    this.#set(entry, FIRST_LOW, first % LOW);
    this.#set(entry, FIRST_HIGH_AND_SPAN, Math.floor(first / LOW) * SPAN + last - first);
    this.#set(entry, COUNT, count);
    this.#set(entry, NEXT, entry);
    return entry;
  }

  giveBack(entry: number): void {
    this.#set(entry, NEXT, this.#free);
    this.#free = entry;
  }

  /** When its first call came. */
  first(entry: number): number {
    return (this.#get(entry, FIRST_HIGH_AND_SPAN) >>> SPAN_BITS) * LOW + this.#get(entry, FIRST_LOW);
  }

  /** When its last call came. */
  last(entry: number): number {
    return this.first(entry) + (this.#get(entry, FIRST_HIGH_AND_SPAN) % SPAN);
  }

  count(entry: number): number {
    return this.#get(entry, COUNT);
  }

  next(entry: number): number {
    return this.#get(entry, NEXT);
  }

  setLast(entry: number, last: number): void {
    const old = this.#get(entry, FIRST_HIGH_AND_SPAN);
    this.#set(entry, FIRST_HIGH_AND_SPAN, old - (old % SPAN) + last - this.first(entry));
  }

  setCount(entry: number, count: number): void {
    this.#set(entry, COUNT, count);
  }

  setNext(entry: number, next: number): void {
    this.#set(entry, NEXT, next);
  }

  #nextFree(): number {
    const entry = this.#free;
    if (entry !== NO_ENTRY) {
      this.#free = this.next(entry);
      return entry;
    }
    if (this.#unused >> BLOCK_BITS === this.#blocks.length) this.#blocks.push(new Uint32Array(BLOCK * SIZE));
    return this.#unused++;
  }

  #get(entry: number, word: number): number {
    return (this.#blocks[entry >> BLOCK_BITS] as Uint32Array)[(entry & (BLOCK - 1)) * SIZE + word] as number;
  }

  #set(entry: number, word: number, value: number): void {
    (this.#blocks[entry >> BLOCK_BITS] as Uint32Array)[(entry & (BLOCK - 1)) * SIZE + word] = value;
  }
}
