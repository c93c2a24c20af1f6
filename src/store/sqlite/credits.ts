/** The credits of a month in SQLite: counted in memory, and written down every few seconds, in a row of `meta` for each API key. */
import type { DatabaseSync } from 'node:sqlite';
import type { MonthLog } from '../../limits/calendar-month.ts';
import type { MonthTable } from '../../limits/local-counter.ts';

/** Opens the names of the rows. */
const PREFIX = 'credits:';
/** How long a change waits to be written, in ms: a crash loses what was counted in it. */
export const CREDITS_FLUSH_MS = 5000;
/** Keys in one order: some ms of work, so that a Verify does not wait long behind them. */
const NOTED_AT_ONCE = 500;

/** The credits of an API key, by its id, as `MonthLog` has them. */
export type CreditCount = readonly [keyId: string, start: number, used: number, warned: number];

/** Reads the credits; a row that cannot be read is left out. */
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

/** Makes what writes credits down, within the transaction of the caller. */
export function createCreditRows(database: DatabaseSync): (counts: readonly CreditCount[]) => void {
  const note = database.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return (counts) => {
    for (const [keyId, ...numbers] of counts) note.run(PREFIX + keyId, numbers.join(' '));
  };
}

export interface KeptCredits {
  /** The credits as they are in the file at first. */
  readonly table: MonthTable;
  /** Writes what has changed since. */
  readonly close: () => Promise<void>;
}

/**
 * Keeps credits in the file: `note` writes some of them, and rejects where that may have failed. A write that failed is tried again, so that only
 * the end of the process in an outage loses more than `CREDITS_FLUSH_MS` of calls. A warning is written down at once.
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
