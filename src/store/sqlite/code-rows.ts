/** One-time use and attempts as rows: the rules of `judge` on the states and answers, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { Attempt, CodeState, Judgement, NotJudged, Preview, Reset, StateName } from '../../ports/codes.ts';
import { forgiven, isKept, judge, mayHaveFormer, presentState, reset, unlocked, withFormer } from '../../verification/rules.ts';
import { createAnswerRows } from './answers.ts';
import { createFormerRows, createStateRows } from './states.ts';

/** The methods of `CodeStore`, without the transaction. */
export interface CodeRows {
  judge(attempt: Attempt, now: number): Judgement | NotJudged;
  preview(attempt: Attempt, now: number): Preview;
  forgive(name: StateName, now: number): void;
  inspect(name: StateName, now: number): CodeState;
  unlock(name: StateName, now: number): CodeState;
  reset(name: StateName, now: number, nextCounter?: number): Reset;
  /** Drops rows that have expired at `now`: of each table the oldest `most`. */
  sweep(now: number, most: number): void;
}

/** The state of a secret, and how to replace it. */
interface Found {
  readonly state: CodeState;
  /** Keeps `after`; or, if it is undefined, only what was taken over, if anything was. */
  keep(after: CodeState | undefined): void;
}

/** The rows of a database of the present schema. */
export function createCodeRows(database: DatabaseSync): CodeRows {
  const states = createStateRows(database);
  const formers = createFormerRows(database);
  const answers = createAnswerRows(database);

  function find(name: StateName, now: number): Found {
    const present = presentState(states.find(name.fingerprint), now);
    const { former: formerName } = name;
    const former = formerName !== undefined && mayHaveFormer(present, name) ? formers.find(formerName) : undefined;
    const state = former === undefined ? present : withFormer(present, former, name, now);
    return {
      state,
      keep(after) {
        if (after !== undefined || former !== undefined) states.put(name.fingerprint, after ?? state);
        if (former !== undefined && formerName !== undefined) formers.remove(formerName);
      },
    };
  }

  function judgeNow(attempt: Attempt, now: number): Judgement {
    const found = find(attempt, now);
    const { judgement, state } = judge(found.state, attempt, now);
    found.keep(state);
    return judgement;
  }

  function findAnswer({ fingerprint, request }: Attempt, now: number): Judgement | NotJudged | undefined {
    const known = request && answers.find(fingerprint, request.id);
    if (known === undefined || known.expiresAt <= now) return undefined;
    return known.payload === request?.payload ? known.judgement : { outcome: 'request_id_reused' };
  }

  return {
    judge(attempt, now) {
      const { fingerprint, request, onlyRepeat = false } = attempt;
      const kept = findAnswer(attempt, now);
      if (kept !== undefined) return kept;
      if (onlyRepeat) return { outcome: 'unknown_request' };
      const judgement = judgeNow(attempt, now);
      if (request !== undefined && isKept(judgement)) answers.put(fingerprint, request, judgement, now);
      return judgement;
    },
    preview: (attempt, now) => ({ state: find(attempt, now).state, now, kept: findAnswer(attempt, now) }),
    forgive(name, now) {
      const found = find(name, now);
      const after = forgiven(found.state);
      if (after !== undefined) found.keep(after);
    },
    inspect: (name, now) => find(name, now).state,
    unlock(name, now) {
      const found = find(name, now);
      found.keep(unlocked(found.state));
      return found.state;
    },
    reset(name, now, nextCounter) {
      const found = find(name, now);
      const after = reset(found.state, now, nextCounter);
      found.keep(after);
      return { before: found.state, after: after ?? found.state };
    },
    sweep(now, most) {
      for (const table of [states, answers, formers]) table.sweep(now, most);
    },
  };
}
