/** The entries of call logs, as tests look at them. */
import type { WindowLog } from '../../src/limits/sliding-window.ts';
import { NO_ENTRY } from '../../src/limits/window-buckets.ts';

/** The entries of a log, oldest first. */
export function entriesOf({ entries, newest }: WindowLog): { first: number; last: number; count: number }[] {
  const found = [];
  for (let entry = newest; found.length === 0 ? entry !== NO_ENTRY : entry !== newest; ) {
    entry = entries.next(entry);
    found.push({ first: entries.first(entry), last: entries.last(entry), count: entries.count(entry) });
  }
  return found;
}
