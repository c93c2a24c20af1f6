/** The last day of each sealing key in SQLite: a row of `meta` for each. */
import type { DatabaseSync } from 'node:sqlite';

/** Opens the names of the rows. */
const PREFIX = 'sealing_key_day:';

/** The last day of a key, by its id, in days since the epoch. */
export type SealingKeyDay = readonly [id: string, day: number];

/** Reads the last days. */
export function readSealingKeyDays(database: DatabaseSync): Map<string, number> {
  const rows = database.prepare('SELECT key, value FROM meta WHERE key GLOB ?').all(`${PREFIX}*`);
  return new Map(rows.map(({ key, value }) => [String(key).slice(PREFIX.length), Number(value)]));
}

/** Makes what moves the last days forward, within the transaction of the caller. */
export function createSealingKeyDays(database: DatabaseSync): (days: readonly SealingKeyDay[]) => void {
  const note = database.prepare(`
    INSERT INTO meta (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)`);
  return (days) => {
    for (const [id, day] of days) note.run(PREFIX + id, String(day));
  };
}
