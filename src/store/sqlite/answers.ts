/** The answers to request ids as rows, on prepared statements, within the transaction of the caller. */
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Judgement, Outcome } from '../../ports/codes.ts';
import { ANSWER_KEPT_MS } from '../../verification/rules.ts';
import { createSweep } from './states.ts';

/** The answers. */
export interface AnswerRows {
  /** The answer under a request id of a secret; undefined for a new id. The answer may have expired. */
  find(fingerprint: string, requestId: string): StoredAnswer | undefined;
  /** Keeps the answer to a request id, over one that has expired. */
  put(fingerprint: string, request: { readonly id: string; readonly payload: string }, judgement: Judgement, now: number): void;
  /** Drops the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

/** An answer as it is kept. */
export interface StoredAnswer {
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

/** The name of a row: of one length and random, whatever callers choose for ids, and another for the same id with another secret or set. */
export function answerName(fingerprint: string, requestId: string): string {
  return hash('sha256', `${fingerprint}:${requestId}`, 'base64url').slice(0, NAME_LENGTH);
}

/** The answers of a database of the present schema. */
export function createAnswerRows(database: DatabaseSync): AnswerRows {
  const select = database.prepare(`SELECT ${COLUMNS} FROM otp_answer WHERE name = ?`);
  const replace = database.prepare(`INSERT OR REPLACE INTO otp_answer (name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  return {
    find(fingerprint, requestId) {
      const row = select.get(answerName(fingerprint, requestId)) as Row | undefined;
      return row && { payload: row.payload, expiresAt: row.expires_at, judgement: judgementOf(row) };
    },
    put(fingerprint, { id, payload }, { outcome, step = null, drift, attemptsRemaining, retryAfterMs = null }, now) {
      const expiresAt = now + ANSWER_KEPT_MS;
      replace.run(answerName(fingerprint, id), payload, outcome, step, drift, attemptsRemaining, retryAfterMs, expiresAt);
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
