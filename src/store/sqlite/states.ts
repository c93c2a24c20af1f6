/** The states of secrets as rows, and those of earlier versions, on prepared statements, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { CodeState, FormerState } from '../../ports/codes.ts';
import { textOfTracks, tracksOfText } from '../track-text.ts';

/** The states by their fingerprints. */
export interface StateRows {
  /** Undefined for an unknown secret. The state may have expired. */
  find(fingerprint: string): CodeState | undefined;
  /** Writes the state of a secret, over the one that is there. */
  put(fingerprint: string, state: CodeState): void;
  /** Drops the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

/** The states of earlier versions by their former names, until each is taken over or has expired. */
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
  readonly failures: number;
  readonly locked_until: number;
  readonly expires_at: number | null;
}

/** The states of a database of the present schema. */
export function createStateRows(database: DatabaseSync): StateRows {
  const select = database.prepare('SELECT failures, locked_until, expires_at, tracks FROM otp_state WHERE name = ?');
  const upsert = database.prepare(`
    INSERT INTO otp_state (name, failures, locked_until, expires_at, tracks) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until,
      expires_at = excluded.expires_at, tracks = excluded.tracks`);
  return {
    find(fingerprint) {
      const row = select.get(fingerprint) as (Row & { readonly tracks: string }) | undefined;
      return row && { ...attemptsOf(row), tracks: tracksOfText(row.tracks) };
    },
    put(fingerprint, { failures, lockedUntil, expiresAt = null, tracks }) {
      upsert.run(fingerprint, failures, lockedUntil, expiresAt, textOfTracks(tracks));
    },
    sweep: createSweep(database, 'otp_state', 'rowid'),
  };
}

/** Whether any state of an earlier version is left. None comes any more: such programs are refused a database of the present schema. */
export function hasFormerStates(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM former_state LIMIT 1').get() !== undefined;
}

/** The states of earlier versions in a database of the present schema. */
export function createFormerRows(database: DatabaseSync): FormerRows {
  const select = database.prepare('SELECT last_step, failures, locked_until, expires_at FROM former_state WHERE name = ?');
  const remove = database.prepare('DELETE FROM former_state WHERE name = ?');
  return {
    find(former) {
      const row = select.get(former) as (Row & { readonly last_step: number | null }) | undefined;
      return row && { ...attemptsOf(row), lastStep: row.last_step ?? undefined };
    },
    remove(former) {
      remove.run(former);
    },
    sweep: createSweep(database, 'former_state', 'name'),
  };
}

/** Makes what drops the oldest expired rows of a table, of which `key` names a row. */
export function createSweep(database: DatabaseSync, table: string, key: 'rowid' | 'name'): (now: number, most: number) => void {
  // A bare parameter as the limit would have SQLite compile the statement anew whenever it is bound, at three times what it takes.
  const deleteExpired = database.prepare(
    `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT +?)`,
  );
  return (now, most) => void deleteExpired.run(now, most);
}

function attemptsOf({ failures, locked_until, expires_at }: Row): Omit<CodeState, 'tracks'> {
  return { failures, lockedUntil: locked_until, expiresAt: expires_at ?? undefined };
}
