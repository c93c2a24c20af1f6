/** The states of secrets as rows, on prepared statements, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { CodeState } from '../../ports/codes.ts';
import { textOfTracks, tracksOfText } from '../track-text.ts';
import { createPlaces, type Upkeep } from './places.ts';

/** The states by their fingerprints. */
export interface StateRows extends Upkeep {
  /** Undefined for an unknown secret. The state may have expired. */
  find(fingerprint: string): StoredState | undefined;
  /** Writes the state of a secret: over `known`, which was found, or as a new row. */
  put(fingerprint: string, state: CodeState, known: StoredState | undefined): void;
}

/** A state, and its row. */
export interface StoredState {
  readonly id: number;
  readonly state: CodeState;
}

/** The columns are typed by the schema, whose tables are STRICT. */
interface Row {
  readonly failures: number;
  readonly locked_until: number;
  readonly expires_at: number | null;
  readonly tracks: string;
}

const COLUMNS = 'failures, locked_until, expires_at, tracks';

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
    put(fingerprint, { failures, lockedUntil, expiresAt = null, tracks }, known) {
      const values = [failures, lockedUntil, expiresAt, textOfTracks(tracks)];
      if (known !== undefined) update.run(...values, known.id);
      else places.add(fingerprint, Number(insert.run(fingerprint, ...values).lastInsertRowid));
    },
  };
}

function stateOf({ failures, locked_until, expires_at, tracks }: Row): CodeState {
  return { failures, lockedUntil: locked_until, tracks: tracksOfText(tracks), expiresAt: expires_at ?? undefined };
}
