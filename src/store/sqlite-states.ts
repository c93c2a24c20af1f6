/** What is kept of each key as rows, on prepared statements, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { CodeState } from '../policy/judge.ts';
import { createPlaces } from './sqlite-places.ts';

/** The states by their fingerprints, and the upkeep of their rows: as `Places` has it. */
export interface StateRows {
  refresh(): void;
  /** Undefined for a key of which nothing is known. */
  find(fingerprint: string): StoredState | undefined;
  /** Writes the state of a key: over `known`, which was found, or as a new row. */
  put(fingerprint: string, state: CodeState, known: StoredState | undefined): void;
  /** Drops the oldest `most` of those that have expired at `now`. */
  sweep(now: number, most: number): void;
  settle(): void;
  forget(): void;
}

/** A state, and its row. */
export interface StoredState {
  readonly id: number;
  readonly state: CodeState;
}

/** The columns are typed by the schema, whose tables are STRICT. */
interface Row {
  readonly last_step: number | null;
  readonly failures: number;
  readonly locked_until: number;
  readonly expires_at: number | null;
}

const COLUMNS = 'last_step, failures, locked_until, expires_at';

/** The rows of a database of the present schema. */
export function createStateRows(database: DatabaseSync): StateRows {
  const places = createPlaces<Row>(database, 'otp_state', COLUMNS);
  const insert = database.prepare(`INSERT INTO otp_state (name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?)`);
  const update = database.prepare(`UPDATE otp_state SET (${COLUMNS}) = (?, ?, ?, ?) WHERE id = ?`);
  const expire = database.prepare(`
    DELETE FROM otp_state WHERE id IN (SELECT id FROM otp_state WHERE expires_at <= ? ORDER BY expires_at LIMIT ?) RETURNING id, name`);
  return {
    ...places,
    find(fingerprint) {
      const row = places.find(fingerprint);
      return row && { id: row.id, state: stateOf(row) };
    },
    put(fingerprint, { lastStep = null, failures, lockedUntil, expiresAt = null }, known) {
      if (known !== undefined) update.run(lastStep, failures, lockedUntil, expiresAt, known.id);
      else places.add(fingerprint, Number(insert.run(fingerprint, lastStep, failures, lockedUntil, expiresAt).lastInsertRowid));
    },
    sweep(now, most) {
      for (const { id, name } of expire.all(now, most) as { id: number; name: string }[]) places.remove(name, id);
    },
  };
}

function stateOf({ last_step, failures, locked_until, expires_at }: Row): CodeState {
  return { lastStep: last_step ?? undefined, failures, lockedUntil: locked_until, expiresAt: expires_at ?? undefined };
}
