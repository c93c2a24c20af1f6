/** The rows of the states of secrets, and of states from earlier versions, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { CodeState, FormerState } from '../../ports/codes.ts';
import { textOfTracks, tracksOfText } from '../track-text.ts';
import { answerOfText, type KeptAnswer, textOfAnswer } from './answer-text.ts';

/** The states, by fingerprint, each with the newest answer to a request id if that does not outlast it. */
export interface StateRows {
  /** Returns the state of a secret and its answer, which may have expired; undefined for an unknown secret. */
  find(fingerprint: string): StateRow | undefined;
  /** Inserts or replaces the state of a secret and its answer. */
  put(fingerprint: string, state: CodeState, answer: KeptAnswer | undefined): void;
  /** Drops the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

export interface StateRow {
  readonly state: CodeState;
  readonly answer: KeptAnswer | undefined;
}

/** The states from earlier versions, by their former names. Each stays until a present state takes it over or it expires. */
export interface FormerRows {
  /** Returns the state, which may have expired; undefined if there is none. */
  find(former: string): FormerState | undefined;
  /** Deletes the state. Call this in the transaction that writes the state which replaces it. */
  remove(former: string): void;
  /** Drops the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

/** The STRICT tables of the schema guarantee the types of the columns. */
interface Row {
  readonly failures: number;
  readonly locked_until: number;
  readonly expires_at: number | null;
}

/** Makes the rows of a database of the present schema. */
export function createStateRows(database: DatabaseSync): StateRows {
  const select = database.prepare('SELECT failures, locked_until, expires_at, tracks, answer FROM otp_state WHERE name = ?');
  const upsert = database.prepare(`
    INSERT INTO otp_state (name, failures, locked_until, expires_at, tracks, answer) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until,
      expires_at = excluded.expires_at, tracks = excluded.tracks, answer = excluded.answer`);
  return {
    find(fingerprint) {
      const row = select.get(fingerprint) as (Row & { readonly tracks: string; readonly answer: string | null }) | undefined;
      return (
        row && {
          state: { ...attemptsOf(row), tracks: tracksOfText(row.tracks) },
          answer: row.answer === null ? undefined : answerOfText(row.answer),
        }
      );
    },
    put(fingerprint, { failures, lockedUntil, expiresAt = null, tracks }, answer) {
      upsert.run(fingerprint, failures, lockedUntil, expiresAt, textOfTracks(tracks), answer ? textOfAnswer(answer) : null);
    },
    sweep: createSweep(database, 'otp_state', 'rowid'),
  };
}

/** Whether a state from an earlier version is left. No more are added: earlier versions refuse a database of the present schema. */
export function hasFormerStates(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM former_state LIMIT 1').get() !== undefined;
}

/** Makes the rows of earlier versions in a database of the present schema. */
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

/** Makes the function that deletes the oldest `most` of the expired rows of a table. `key` is the column that identifies a row. */
export function createSweep(database: DatabaseSync, table: string, key: 'rowid' | 'name'): (now: number, most: number) => void {
  // With a bare parameter as the limit, SQLite would compile the statement again at each call, which takes three times as long.
  const deleteExpired = database.prepare(
    `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT +?)`,
  );
  return (now, most) => void deleteExpired.run(now, most);
}

function attemptsOf({ failures, locked_until, expires_at }: Row): Omit<CodeState, 'tracks'> {
  return { failures, lockedUntil: locked_until, expiresAt: expires_at ?? undefined };
}
