/** The items of `otpd seal` and `otpd rewrap`: one as an argument, or many on standard input, a line each. */
import type { Io } from '../io.ts';
import { usageError } from '../output/failure.ts';
import { readLines } from './lines.ts';

/** A secret or a blob, with the context that it is given, or has. */
export interface Item {
  readonly text: string;
  readonly context: Uint8Array;
}

/** The bounds of a request: 64 KiB in all, of which items with long contexts and the frame need the rest. */
const MOST_ITEMS = 100;
const MOST_BYTES = 48_000;

/**
 * The items, in lots that fit into a request each: `given`, or without it the lines of standard input, of which empty ones are skipped. A line may
 * have a context of its own behind a tab, instead of `context`.
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
