/** The credits of the month: counted in memory, and written every few seconds to a row of `meta` for each API key. */
import type { DatabaseSync } from 'node:sqlite';
import type { MonthLog } from '../../limits/calendar-month.ts';
import type { MonthTable } from '../../limits/local-counter.ts';

/** The prefix of the names of the rows. */
const PREFIX = 'credits:';
/** How long a change waits to be written, in ms. A crash loses the calls that were counted in this time. */
const CREDITS_FLUSH_MS = 5000;
/** The most keys in an order: a few ms of work, so that Verify does not wait long behind it. */
const NOTED_AT_ONCE = 500;

/** The id of an API key with the fields of its `MonthLog`. */
export type CreditCount = readonly [keyId: string, start: number, used: number, warned: number];

/** Reads the credits. Skips rows that are not valid. */
function readCredits(database: DatabaseSync): Map<string, MonthLog> {
  const rows = database.prepare('SELECT key, value FROM meta WHERE key GLOB ?').all(`${PREFIX}*`);
  const logs = new Map<string, MonthLog>();
  for (const { key, value } of rows) {
    const [start, used, warned] = String(value).split(' ').map(Number);
    if (start === undefined || used === undefined || warned === undefined) continue;
    if ([start, used, warned].every((number) => Number.isSafeInteger(number) && number >= 0))
      logs.set(String(key).slice(PREFIX.length), { start, used, warned });
  }
  return logs;
}

/** Makes the function that writes credits, within the transaction of the caller. */
export function createCreditRows(database: DatabaseSync): (counts: readonly CreditCount[]) => void {
  const note = database.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return (counts) => {
    for (const [keyId, ...numbers] of counts) note.run(PREFIX + keyId, numbers.join(' '));
  };
}

export interface KeptCredits {
  /** The table of the credits, which begins with those in the file. */
  readonly table: MonthTable;
  /** Writes the changes that are not yet in the file. */
  readonly close: () => Promise<void>;
}

/**
 * Keeps credits in the file. `note` writes some of them, and rejects if the write may have failed; it is then tried again. More than
 * `CREDITS_FLUSH_MS` of calls are lost only if the process ends during an outage. A warning is written at once.
 */
export function keepCredits(database: DatabaseSync, note: (counts: readonly CreditCount[]) => Promise<void>): KeptCredits {
  const logs = readCredits(database);
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let isUrgent = false;

  async function write(): Promise<void> {
    const ids = [...changed];
    changed.clear();
    isUrgent = false;
    for (let from = 0; from < ids.length; from += NOTED_AT_ONCE) {
      const some = ids.slice(from, from + NOTED_AT_ONCE);
      try {
        await note(some.flatMap((id) => countOf(id, logs.get(id))));
      } catch {
        for (const id of ids.slice(from)) changed.add(id);
        return;
      }
    }
  }

  function writeOnce(): Promise<void> {
    writing ??= write().finally(() => {
      writing = undefined;
      if (changed.size > 0) schedule(isUrgent ? 0 : CREDITS_FLUSH_MS);
    });
    return writing;
  }

  function schedule(afterMs: number): void {
    if (timer !== undefined && afterMs > 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      void writeOnce();
    }, afterMs).unref();
  }

  return {
    table: {
      logs,
      onChange(keyId, hasWarned) {
        changed.add(keyId);
        isUrgent ||= hasWarned;
        schedule(hasWarned ? 0 : CREDITS_FLUSH_MS);
      },
    },
    async close() {
      await writing;
      if (changed.size > 0) await writeOnce();
      clearTimeout(timer);
    },
  };
}

function countOf(keyId: string, log: MonthLog | undefined): CreditCount[] {
  return log === undefined ? [] : [[keyId, log.start, log.used, log.warned]];
}
