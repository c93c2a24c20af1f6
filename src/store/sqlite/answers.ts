/** The rows of answers to request ids, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../../ports/codes.ts';
import type { KeptAnswer } from './answer-text.ts';
import { createSweep } from './states.ts';

export interface AnswerRows {
  /** Returns the answer with a name; undefined if there is none, or it has expired at `now`. */
  find(name: string, now: number): KeptAnswer | undefined;
  /** Stores an answer, which replaces an expired answer of the same name. */
  put(answer: KeptAnswer): void;
  /** Deletes the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

/** The STRICT tables of the schema guarantee the types of the columns. */
interface Row {
  readonly payload: string;
  readonly outcome: Outcome;
  readonly step: number | null;
  readonly drift: number;
  readonly attempts_remaining: number;
  readonly expires_at: number;
}

const COLUMNS = 'payload, outcome, step, drift, attempts_remaining, expires_at';

/** Makes the rows of a database of the present schema. */
export function createAnswerRows(database: DatabaseSync): AnswerRows {
  const select = database.prepare(`SELECT ${COLUMNS} FROM otp_answer WHERE name = ? AND expires_at > ?`);
  const replace = database.prepare(`INSERT OR REPLACE INTO otp_answer (name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  return {
    find(name, now) {
      const row = select.get(name, now) as Row | undefined;
      return row && answerOf(name, row);
    },
    put({ name, payload, judgement, expiresAt }) {
      const { outcome, step = null, drift, attemptsRemaining } = judgement;
      replace.run(name, payload, outcome, step, drift, attemptsRemaining, expiresAt);
    },
    sweep: createSweep(database, 'otp_answer', 'rowid'),
  };
}

function answerOf(name: string, { payload, outcome, step, drift, attempts_remaining, expires_at }: Row): KeptAnswer {
  return {
    name,
    payload,
    judgement: { outcome, step: step ?? undefined, drift, attemptsRemaining: attempts_remaining, retryAfterMs: undefined },
    expiresAt: expires_at,
  };
}
