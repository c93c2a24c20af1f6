/** The states of earlier versions, under their former names, until each is taken over or has expired. */
import type { DatabaseSync } from 'node:sqlite';
import type { FormerState } from '../../ports/codes.ts';

/** Within the transaction of the caller. */
export interface FormerRows {
  /** Undefined if no state is kept. The state may have expired. */
  find(former: string): FormerState | undefined;
  /** To be called together with any change that is based on a state that was found. */
  remove(former: string): void;
  /** Drops the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

/** The columns are typed by the schema, whose tables are STRICT. */
interface Row {
  readonly last_step: number | null;
  readonly failures: number;
  readonly locked_until: number;
  readonly expires_at: number | null;
}

/** Whether any is left. None comes any more: programs of earlier versions are refused a database of the present schema. */
export function hasFormerStates(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM former_state LIMIT 1').get() !== undefined;
}

/** The rows of a database of the present schema. */
export function createFormerRows(database: DatabaseSync): FormerRows {
  const select = database.prepare('SELECT last_step, failures, locked_until, expires_at FROM former_state WHERE name = ?');
  const remove = database.prepare('DELETE FROM former_state WHERE name = ?');
  const deleteExpired = database.prepare(
    'DELETE FROM former_state WHERE name IN (SELECT name FROM former_state WHERE expires_at <= ? ORDER BY expires_at LIMIT +?)',
  );
  return {
    find(former) {
      const row = select.get(former) as Row | undefined;
      return row && stateOf(row);
    },
    remove(former) {
      remove.run(former);
    },
    sweep(now, most) {
      deleteExpired.run(now, most);
    },
  };
}

function stateOf({ last_step, failures, locked_until, expires_at }: Row): FormerState {
  return { lastStep: last_step ?? undefined, failures, lockedUntil: locked_until, expiresAt: expires_at ?? undefined };
}
