/** Applies the rules of `judge` to the rows of states and answers, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { Attempt, CodeState, Judgement, NotJudged, Preview, Reset, StateName } from '../../ports/codes.ts';
import { forgiven, isKept, judge, mayHaveFormer, presentState, reset, unlocked, withFormer } from '../../verification/rules.ts';
import { answerName, createAnswerRows } from './answers.ts';
import { createFormerRows, createStateRows } from './states.ts';

/** The methods of `CodeStore` within a transaction. */
export interface CodeRows {
  judge(attempt: Attempt, now: number): Judgement | NotJudged;
  preview(attempt: Attempt, now: number): Preview;
  forgive(name: StateName, now: number): void;
  inspect(name: StateName, now: number): CodeState;
  unlock(name: StateName, now: number): CodeState;
  reset(name: StateName, now: number, nextCounter?: number): Reset;
  /** Deletes, from each table, the oldest `most` of the rows that have expired at `now`. */
  sweep(now: number, most: number): void;
}

/** The state of a secret, and how to replace it. */
interface Found {
  readonly state: CodeState;
  /** Stores `after`. If it is undefined, stores only a state that came from an earlier version. */
  keep(after: CodeState | undefined): void;
}

/** Makes the rows of a database of the present schema. */
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

  function findAnswer(name: string | undefined, { request }: Attempt, now: number): Judgement | NotJudged | undefined {
    const known = name === undefined ? undefined : answers.find(name, now);
    if (known === undefined) return undefined;
    return known.payload === request?.payload ? known.judgement : { outcome: 'request_id_reused' };
  }

  return {
    judge(attempt, now) {
      const { request, onlyRepeat = false } = attempt;
      const name = nameOfAnswer(attempt);
      const kept = findAnswer(name, attempt, now);
      if (kept !== undefined) return kept;
      if (onlyRepeat) return { outcome: 'unknown_request' };
      const judgement = judgeNow(attempt, now);
      if (request !== undefined && name !== undefined && isKept(judgement)) answers.put(name, request.payload, judgement, now);
      return judgement;
    },
    preview(attempt, now) {
      return { state: find(attempt, now).state, now, kept: findAnswer(nameOfAnswer(attempt), attempt, now) };
    },
    forgive(name, now) {
      const found = find(name, now);
      found.keep(forgiven(found.state));
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

function nameOfAnswer({ fingerprint, request }: Attempt): string | undefined {
  return request && answerName(fingerprint, request.id);
}
