/** The items of `otpd seal` and `otpd rewrap`: one as an argument, or many on standard input, each on a line. */
import type { Io } from '../io.ts';
import { usageError } from '../output/failure.ts';
import { readLines } from './lines.ts';

/** A secret or a blob, with its present context or the context to which it shall be bound. */
export interface Item {
  readonly text: string;
  readonly context: Uint8Array;
}

/** The most items of a request, which has 64 KiB: long contexts and the encoding need the rest. */
const MOST_ITEMS = 100;
const MOST_BYTES = 48_000;

/**
 * Yields the items in lots that fit into a request each: `given` or, without it, the lines of standard input except empty lines. A line may have a
 * context after a tab, which overrides `context`.
 */
export async function* readLots(
  io: Io,
  given: string | undefined,
  context: string | undefined,
): AsyncGenerator<readonly Item[], void> {
  if (given === undefined && io.stdin.isTTY) throw usageError('nothing to read: give it as an argument, or pipe lines in');
  let lot: Item[] = [];
  let bytes = 0;
  for await (const line of given === undefined ? readLines(io) : [given]) {
    if (line.trim() === '') continue;
    const [text = '', own] = line.split('\t');
    const item = { text: text.trim(), context: Buffer.from(own ?? context ?? '') };
    const size = Buffer.byteLength(line) + item.context.length;
    if (lot.length === MOST_ITEMS || bytes + size > MOST_BYTES) {
      yield lot;
      lot = [];
      bytes = 0;
    }
    lot.push(item);
    bytes += size;
  }
  if (lot.length > 0) yield lot;
}
