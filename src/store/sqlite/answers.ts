/** The rows of answers to request ids, within the transaction of the caller. */
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Judgement, Outcome } from '../../ports/codes.ts';
import { ANSWER_KEPT_MS } from '../../verification/rules.ts';
import { createSweep } from './states.ts';

export interface AnswerRows {
  /** Returns the answer with a name (`answerName`); undefined if there is none, or it has expired at `now`. */
  find(name: string, now: number): StoredAnswer | undefined;
  /** Stores an answer, which replaces an expired answer of the same name. */
  put(name: string, payload: string, judgement: Judgement, now: number): void;
  /** Deletes the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

export interface StoredAnswer {
  /** The digest of the request. A repeat has the same digest; another request with the same id has not. */
  readonly payload: string;
  readonly judgement: Judgement;
}

/** The STRICT tables of the schema guarantee the types of the columns. */
interface Row {
  readonly payload: string;
  readonly outcome: Outcome;
  readonly step: number | null;
  readonly drift: number;
  readonly attempts_remaining: number;
  readonly retry_after_ms: number | null;
}

const COLUMNS = 'payload, outcome, step, drift, attempts_remaining, retry_after_ms';

/** 132 bits in base64url: the names of two answers never collide. */
const NAME_LENGTH = 22;

/**
 * Returns the name of a row. It looks random and has a fixed length, whatever ids callers choose, and depends on the secret or set as well as
 * on the id.
 */
export function answerName(fingerprint: string, requestId: string): string {
  return hash('sha256', `${fingerprint}:${requestId}`, 'base64url').slice(0, NAME_LENGTH);
}

/** Makes the rows of a database of the present schema. */
export function createAnswerRows(database: DatabaseSync): AnswerRows {
  const select = database.prepare(`SELECT ${COLUMNS} FROM otp_answer WHERE name = ? AND expires_at > ?`);
  const replace = database.prepare(
    `INSERT OR REPLACE INTO otp_answer (name, ${COLUMNS}, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return {
    find(name, now) {
      const row = select.get(name, now) as Row | undefined;
      return row && { payload: row.payload, judgement: judgementOf(row) };
    },
    put(name, payload, { outcome, step = null, drift, attemptsRemaining, retryAfterMs = null }, now) {
      replace.run(name, payload, outcome, step, drift, attemptsRemaining, retryAfterMs, now + ANSWER_KEPT_MS);
    },
    sweep: createSweep(database, 'otp_answer', 'rowid'),
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
