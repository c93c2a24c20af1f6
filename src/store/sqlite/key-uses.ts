/** The times of last use of API keys as rows, on a prepared statement, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';

/** An API key, by its id, and when it was last used, in ms since the epoch. */
export type KeyUse = readonly [id: string, usedAt: number];

/** Makes what moves the times of last use forward in a database of the present schema; unknown ids are skipped. */
export function createKeyUses(database: DatabaseSync): (uses: readonly KeyUse[]) => void {
  const update = database.prepare('UPDATE api_key SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?');
  return (uses) => {
    for (const [id, usedAt] of uses) update.run(usedAt, id);
  };
}
