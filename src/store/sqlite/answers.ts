/** The answers to request ids as rows, on prepared statements, within the transaction of the caller. */
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Judgement, Outcome } from '../../ports/codes.ts';
import { ANSWER_KEPT_MS } from '../../verification/rules.ts';
import { createPlaces, type Upkeep } from './places.ts';

/** The answers. */
export interface AnswerRows extends Upkeep {
  /** The answer under a request id of a secret; undefined for a new id. The answer may have expired. */
  find(fingerprint: string, requestId: string): StoredAnswer | undefined;
  /** Keeps the answer to a request id: over `known`, which was found, or as a new row. */
  put(
    fingerprint: string,
    request: { readonly id: string; readonly payload: string },
    judgement: Judgement,
    now: number,
    known: StoredAnswer | undefined,
  ): void;
}

/** An answer, and its row. */
export interface StoredAnswer {
  readonly id: number;
  /** The digest that tells a repeat from another request under the same id. */
  readonly payload: string;
  readonly expiresAt: number;
  readonly judgement: Judgement;
}

/** The columns are typed by the schema, whose tables are STRICT. */
interface Row {
  readonly payload: string;
  readonly outcome: Outcome;
  readonly step: number | null;
  readonly drift: number;
  readonly attempts_remaining: number;
  readonly retry_after_ms: number | null;
  readonly expires_at: number;
}

const COLUMNS = 'payload, outcome, step, drift, attempts_remaining, retry_after_ms, expires_at';

/** 128 bits in base64url: enough that two request ids never meet. */
const NAME_LENGTH = 22;

/** The name of a row: of one length and random, whatever callers choose for ids, and another for the same id with another secret. */
function nameOf(fingerprint: string, requestId: string): string {
  return hash('sha256', `${fingerprint}:${requestId}`, 'base64url').slice(0, NAME_LENGTH);
}

/** The rows of a database of the present schema. */
export function createAnswerRows(database: DatabaseSync): AnswerRows {
  const places = createPlaces<Row>(database, 'otp_answer', COLUMNS);
  const insert = database.prepare(`INSERT INTO otp_answer (name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const update = database.prepare(`UPDATE otp_answer SET (${COLUMNS}) = (?, ?, ?, ?, ?, ?, ?) WHERE id = ?`);
  return {
    ...places,
    find(fingerprint, requestId) {
      const row = places.find(nameOf(fingerprint, requestId));
      return row && { id: row.id, payload: row.payload, expiresAt: row.expires_at, judgement: judgementOf(row) };
    },
    put(fingerprint, { id, payload }, { outcome, step = null, drift, attemptsRemaining, retryAfterMs = null }, now, known) {
      const values = [payload, outcome, step, drift, attemptsRemaining, retryAfterMs, now + ANSWER_KEPT_MS];
      const name = nameOf(fingerprint, id);
      if (known !== undefined) update.run(...values, known.id);
      else places.add(name, Number(insert.run(name, ...values).lastInsertRowid));
    },
  };
}

function judgementOf({ outcome, step, drift, attempts_remaining, retry_after_ms }: Row): Judgement {
  return {
    outcome,
    step: step ?? undefined,
    drift,
    attemptsRemaining: attempts_remaining,
    retryAfterMs: retry_after_ms ?? undefined,
  };
}
