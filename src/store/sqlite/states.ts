/** What is kept of each key as rows, on prepared statements, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { CodeState } from '../../ports/codes.ts';
import { createPlaces, type Upkeep } from './places.ts';

/** The states by their fingerprints. */
export interface StateRows extends Upkeep {
  /** Undefined for a key of which nothing is known. */
  find(fingerprint: string): StoredState | undefined;
  /** Writes the state of a key: over `known`, which was found, or as a new row. */
  put(fingerprint: string, state: CodeState, known: StoredState | undefined): void;
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
  };
}

function stateOf({ last_step, failures, locked_until, expires_at }: Row): CodeState {
  return { lastStep: last_step ?? undefined, failures, lockedUntil: locked_until, expiresAt: expires_at ?? undefined };
}
