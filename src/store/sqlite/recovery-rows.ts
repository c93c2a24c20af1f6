/** Applies the rules of `judgeUse` to the rows of recovery sets and their answers, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { CodeUse, RecoveryStore, SetState, UseJudgement, UseOutcome } from '../../ports/recovery.ts';
import { judgeUse, presentSet, revoked, unlockedSet } from '../../verification/recovery-rules.ts';
import { ANSWER_KEPT_MS } from '../../verification/rules.ts';
import { answerName } from './answer-text.ts';
import { createSweep } from './states.ts';

/** The methods of `RecoveryStore` within a transaction. */
export interface RecoveryRows {
  use(use: CodeUse, now: number): Awaited<ReturnType<RecoveryStore['use']>>;
  revoke(set: string, now: number): void;
  inspect(set: string, now: number): SetState;
  unlock(set: string, now: number): SetState;
  /** Deletes, from each table, the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

/** The STRICT tables of the schema guarantee the types of the columns. */
interface SetRow {
  readonly used: number;
  readonly revoked: number;
  readonly failures: number;
  readonly locked_until: number;
  readonly expires_at: number | null;
}

interface AnswerRow {
  readonly payload: string;
  readonly outcome: UseOutcome;
  readonly remaining_count: number;
  readonly attempts_remaining: number;
}

/** Makes the rows of a database of the present schema. */
export function createRecoveryRows(database: DatabaseSync): RecoveryRows {
  const selectSet = database.prepare('SELECT used, revoked, failures, locked_until, expires_at FROM recovery_set WHERE name = ?');
  const upsertSet = database.prepare(`
    INSERT INTO recovery_set (name, used, revoked, failures, locked_until, expires_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET used = excluded.used, revoked = excluded.revoked, failures = excluded.failures,
      locked_until = excluded.locked_until, expires_at = excluded.expires_at`);
  const selectAnswer = database.prepare(
    'SELECT payload, outcome, remaining_count, attempts_remaining FROM recovery_answer WHERE name = ? AND expires_at > ?',
  );
  const replaceAnswer = database.prepare(`
    INSERT OR REPLACE INTO recovery_answer (name, payload, outcome, remaining_count, attempts_remaining, expires_at)
    VALUES (?, ?, ?, ?, ?, ?)`);
  const sweeps = ['recovery_set', 'recovery_answer'].map((table) => createSweep(database, table, 'rowid'));

  function find(set: string, now: number): SetState {
    const row = selectSet.get(set) as SetRow | undefined;
    return presentSet(row && stateOf(row), now);
  }

  function put(set: string, state: SetState | undefined): void {
    if (state === undefined) return;
    const { used, isRevoked, failures, lockedUntil, expiresAt = null } = state;
    upsertSet.run(set, used, Number(isRevoked), failures, lockedUntil, expiresAt);
  }

  return {
    use(use, now) {
      const { set, request } = use;
      const name = request && answerName(set, request.id);
      const known = name === undefined ? undefined : (selectAnswer.get(name, now) as AnswerRow | undefined);
      if (known !== undefined) return known.payload === request?.payload ? judgementOf(known) : { outcome: 'request_id_reused' };
      const { judgement, state } = judgeUse(find(set, now), use, now);
      put(set, state);
      const { outcome, remainingCount, attemptsRemaining } = judgement;
      if (request !== undefined && name !== undefined && remainingCount !== undefined)
        replaceAnswer.run(name, request.payload, outcome, remainingCount, attemptsRemaining, now + ANSWER_KEPT_MS);
      return judgement;
    },
    revoke: (set, now) => put(set, revoked(find(set, now))),
    inspect: find,
    unlock(set, now) {
      const before = find(set, now);
      put(set, unlockedSet(before));
      return before;
    },
    sweep(now, most) {
      for (const sweep of sweeps) sweep(now, most);
    },
  };
}

function stateOf({ used, revoked: isRevoked, failures, locked_until, expires_at }: SetRow): SetState {
  return { used, isRevoked: isRevoked === 1, failures, lockedUntil: locked_until, expiresAt: expires_at ?? undefined };
}

function judgementOf({ outcome, remaining_count, attempts_remaining }: AnswerRow): UseJudgement {
  return { outcome, remainingCount: remaining_count, attemptsRemaining: attempts_remaining, retryAfterMs: undefined };
}
