/** One-time use and attempts as rows: the rules of `judge` on the states and answers, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { Attempt, CodeState, Judgement, RequestIdReused } from '../../ports/codes.ts';
import { judge, UNKNOWN_KEY, unlocked } from '../../verification/rules.ts';
import { createAnswerRows } from './answers.ts';
import { createStateRows } from './states.ts';

/** What `CodeStore` promises, but for the transaction. */
export interface CodeRows {
  /** To be called first in each transaction. */
  begin(): void;
  judge(attempt: Attempt, now: number): Judgement | RequestIdReused;
  inspect(fingerprint: string): CodeState;
  unlock(fingerprint: string): CodeState;
  /** Drops rows that have expired at `now`: of each table the oldest `most`. */
  sweep(now: number, most: number): void;
  /** To be called last in each transaction, before it is committed. */
  end(): void;
  /** To be called after a transaction that was undone. */
  forget(): void;
}

/** The rows of a database of the present schema. */
export function createCodeRows(database: DatabaseSync): CodeRows {
  const states = createStateRows(database);
  const answers = createAnswerRows(database);
  const tables = [states, answers];

  function judgeNow(attempt: Attempt, now: number): Judgement {
    const known = states.find(attempt.fingerprint);
    const before = known?.state ?? UNKNOWN_KEY;
    const isExpired = before.expiresAt !== undefined && before.expiresAt <= now;
    const { judgement, state } = judge(isExpired ? UNKNOWN_KEY : before, attempt, now);
    if (state !== undefined) states.put(attempt.fingerprint, state, known);
    return judgement;
  }

  return {
    begin() {
      for (const table of tables) table.refresh();
    },
    judge(attempt, now) {
      const { request } = attempt;
      if (request === undefined) return judgeNow(attempt, now);
      const known = answers.find(request.id);
      if (known !== undefined && known.expiresAt > now)
        return known.payload === request.payload ? known.judgement : { outcome: 'request_id_reused' };
      const judgement = judgeNow(attempt, now);
      answers.put(request, judgement, now, known);
      return judgement;
    },
    inspect(fingerprint) {
      return states.find(fingerprint)?.state ?? UNKNOWN_KEY;
    },
    unlock(fingerprint) {
      const known = states.find(fingerprint);
      const before = known?.state ?? UNKNOWN_KEY;
      const after = unlocked(before);
      if (after !== undefined) states.put(fingerprint, after, known);
      return before;
    },
    sweep(now, most) {
      for (const table of tables) table.sweep(now, most);
    },
    end() {
      for (const table of tables) table.settle();
    },
    forget() {
      for (const table of tables) table.forget();
    },
  };
}
