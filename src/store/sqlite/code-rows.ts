/** Applies the rules of `judge` to the rows of states and answers, within the transaction of the caller. */
import type { DatabaseSync } from 'node:sqlite';
import type { Attempt, CodeState, Judgement, NotJudged, Preview, Reset, StateName } from '../../ports/codes.ts';
import {
  ANSWER_KEPT_MS,
  forgiven,
  isKept,
  judge,
  mayHaveFormer,
  presentState,
  reset,
  unlocked,
  withFormer,
} from '../../verification/rules.ts';
import { answerName, type KeptAnswer } from './answer-text.ts';
import { createAnswerRows } from './answers.ts';
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

/** The state of a secret, its newest answer, and how to replace them. */
interface Found {
  readonly state: CodeState;
  /** In the row of the state, and not expired. */
  readonly newest: KeptAnswer | undefined;
  /** Stores `after` and `answer`. If `after` is undefined, stores only a state that came from an earlier version. */
  keep(after: CodeState | undefined, answer?: KeptAnswer): void;
}

/** Makes the rows of a database of the present schema. */
export function createCodeRows(database: DatabaseSync): CodeRows {
  const states = createStateRows(database);
  const formers = createFormerRows(database);
  const answers = createAnswerRows(database);

  function find(name: StateName, now: number): Found {
    const row = states.find(name.fingerprint);
    const present = presentState(row?.state, now);
    const newest = row?.answer !== undefined && row.answer.expiresAt > now ? row.answer : undefined;
    const { former: formerName } = name;
    const former = formerName !== undefined && mayHaveFormer(present, name) ? formers.find(formerName) : undefined;
    const state = former === undefined ? present : withFormer(present, former, name, now);
    return {
      state,
      newest,
      keep(after, answer) {
        if (after !== undefined || former !== undefined) put(name.fingerprint, after ?? state, answer, newest);
        else if (answer !== undefined) answers.put(answer);
        if (former !== undefined && formerName !== undefined) formers.remove(formerName);
      },
    };
  }

  /**
   * Stores a state, and in its row the newer of two answers. Most secrets have a single answer a day, which then needs no row in `otp_answer`, at a
   * random place of its index. The older answer gets such a row. So does the newer, if it would outlast the state.
   */
  function put(fingerprint: string, state: CodeState, answer: KeptAnswer | undefined, newest: KeptAnswer | undefined): void {
    const newer = answer ?? newest;
    const inRow = newer !== undefined && outlasts(newer, state) ? undefined : newer;
    for (const one of [newest, answer]) if (one !== undefined && one !== inRow) answers.put(one);
    states.put(fingerprint, state, inRow);
  }

  function findAnswer({ newest }: Found, name: string | undefined, { request }: Attempt, now: number): Preview['kept'] {
    if (name === undefined) return undefined;
    const known = newest?.name === name ? newest : answers.find(name, now);
    if (known === undefined) return undefined;
    return known.payload === request?.payload ? known.judgement : { outcome: 'request_id_reused' };
  }

  return {
    judge(attempt, now) {
      const { request, onlyRepeat = false } = attempt;
      const found = find(attempt, now);
      const name = nameOfAnswer(attempt);
      const kept = findAnswer(found, name, attempt, now);
      if (kept !== undefined) return kept;
      if (onlyRepeat) return { outcome: 'unknown_request' };
      const { judgement, state } = judge(found.state, attempt, now);
      const isNamed = request !== undefined && name !== undefined && isKept(judgement);
      found.keep(state, isNamed ? { name, payload: request.payload, judgement, expiresAt: now + ANSWER_KEPT_MS } : undefined);
      return judgement;
    },
    preview(attempt, now) {
      const found = find(attempt, now);
      return { state: found.state, now, kept: findAnswer(found, nameOfAnswer(attempt), attempt, now) };
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

function outlasts(answer: KeptAnswer, { expiresAt }: CodeState): boolean {
  return expiresAt !== undefined && expiresAt < answer.expiresAt;
}
