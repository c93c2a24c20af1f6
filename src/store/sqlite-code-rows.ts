/** One-time use and attempts as rows: the rules of `judge` on prepared statements, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { RequestIdReused } from '../policy/codes.ts';
import {
  ANSWER_KEPT_MS,
  type Attempt,
  type CodeState,
  type Judgement,
  judge,
  type Outcome,
  UNKNOWN_KEY,
  unlocked,
} from '../policy/judge.ts';

/** What `CodeStore` promises, but for the transaction. */
export interface CodeRows {
  judge(attempt: Attempt, now: number): Judgement | RequestIdReused;
  inspect(fingerprint: string): CodeState;
  unlock(fingerprint: string): CodeState;
  /** Drops rows that have expired at `now`: of each table the oldest `most`. */
  sweep(now: number, most: number): void;
}

/** The columns are typed by the schema, whose tables are STRICT. */
interface StateRow {
  readonly last_step: number | null;
  readonly failures: number;
  readonly locked_until: number;
  readonly expires_at: number | null;
}

interface AnswerRow {
  readonly payload: string;
  readonly outcome: Outcome;
  readonly step: number | null;
  readonly drift: number;
  readonly attempts_remaining: number;
  readonly retry_after_ms: number | null;
}

/** The rows of a database of the present schema. */
export function createCodeRows(database: DatabaseSync): CodeRows {
  const selectState = database.prepare(
    'SELECT last_step, failures, locked_until, expires_at FROM code_state WHERE fingerprint = ?',
  );
  const upsertState = database.prepare(`
    INSERT INTO code_state (fingerprint, last_step, failures, locked_until, expires_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (fingerprint) DO UPDATE SET last_step = excluded.last_step, failures = excluded.failures,
      locked_until = excluded.locked_until, expires_at = excluded.expires_at`);
  const selectAnswer = database.prepare(`
    SELECT payload, outcome, step, drift, attempts_remaining, retry_after_ms FROM answer WHERE request_id = ? AND expires_at > ?`);
  const replaceAnswer = database.prepare(`
    INSERT OR REPLACE INTO answer (request_id, payload, outcome, step, drift, attempts_remaining, retry_after_ms, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const expireStates = database.prepare(`
    DELETE FROM code_state
    WHERE fingerprint IN (SELECT fingerprint FROM code_state WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`);
  const expireAnswers = database.prepare(
    'DELETE FROM answer WHERE request_id IN (SELECT request_id FROM answer WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)',
  );

  function inspect(fingerprint: string): CodeState {
    const row = selectState.get(fingerprint) as StateRow | undefined;
    return row === undefined ? UNKNOWN_KEY : stateOf(row);
  }

  function put(fingerprint: string, { lastStep, failures, lockedUntil, expiresAt }: CodeState): void {
    upsertState.run(fingerprint, lastStep ?? null, failures, lockedUntil, expiresAt ?? null);
  }

  function judgeNow(attempt: Attempt, now: number): Judgement {
    const known = inspect(attempt.fingerprint);
    const isExpired = known.expiresAt !== undefined && known.expiresAt <= now;
    const { judgement, state } = judge(isExpired ? UNKNOWN_KEY : known, attempt, now);
    if (state !== undefined) put(attempt.fingerprint, state);
    return judgement;
  }

  return {
    judge(attempt, now) {
      const { request } = attempt;
      if (request === undefined) return judgeNow(attempt, now);
      const known = selectAnswer.get(request.id, now) as AnswerRow | undefined;
      if (known !== undefined) return known.payload === request.payload ? judgementOf(known) : { outcome: 'request_id_reused' };
      const judgement = judgeNow(attempt, now);
      const { outcome, step = null, drift, attemptsRemaining, retryAfterMs = null } = judgement;
      const answer = [outcome, step, drift, attemptsRemaining, retryAfterMs, now + ANSWER_KEPT_MS];
      replaceAnswer.run(request.id, request.payload, ...answer);
      return judgement;
    },
    inspect,
    unlock(fingerprint) {
      const before = inspect(fingerprint);
      const after = unlocked(before);
      if (after !== undefined) put(fingerprint, after);
      return before;
    },
    sweep(now, most) {
      expireStates.run(now, most);
      expireAnswers.run(now, most);
    },
  };
}

function stateOf({ last_step, failures, locked_until, expires_at }: StateRow): CodeState {
  return { lastStep: last_step ?? undefined, failures, lockedUntil: locked_until, expiresAt: expires_at ?? undefined };
}

function judgementOf({ outcome, step, drift, attempts_remaining, retry_after_ms }: AnswerRow): Judgement {
  return {
    outcome,
    step: step ?? undefined,
    drift,
    attemptsRemaining: attempts_remaining,
    retryAfterMs: retry_after_ms ?? undefined,
  };
}
