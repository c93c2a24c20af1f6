/** The last day on which each sealing key was used: a row of `meta` for each key. */
import type { DatabaseSync } from 'node:sqlite';

/** The prefix of the names of the rows. */
const PREFIX = 'sealing_key_day:';

/** The id of a sealing key, and its last day in days since the epoch. */
export type SealingKeyDay = readonly [id: string, day: number];

/** Reads the last day of each key. */
export function readSealingKeyDays(database: DatabaseSync): Map<string, number> {
  const rows = database.prepare('SELECT key, value FROM meta WHERE key GLOB ?').all(`${PREFIX}*`);
  return new Map(rows.map(({ key, value }) => [String(key).slice(PREFIX.length), Number(value)]));
}

/** Makes the function that moves last days forward, within the transaction of the caller. */
export function createSealingKeyDays(database: DatabaseSync): (days: readonly SealingKeyDay[]) => void {
  const note = database.prepare(`
    INSERT INTO meta (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)`);
  return (days) => {
    for (const [id, day] of days) note.run(PREFIX + id, String(day));
  };
}
