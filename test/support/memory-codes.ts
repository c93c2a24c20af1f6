/** One-time use and attempts in memory: exact within a process, and lost when it ends. */
import type { Attempt, CodeState, CodeStore, Judgement, NotJudged, StateName } from '../../src/ports/codes.ts';
import { ANSWER_KEPT_MS, forgiven, isKept, judge, presentState, reset, unlocked } from '../../src/verification/rules.ts';

/** The rows that each judgement checks for expiry: two, so that rows leave faster than new ones arrive. */
const SWEPT = 2;

interface Answer {
  readonly payload: string;
  readonly judgement: Judgement;
  readonly expiresAt: number;
}

/** Makes an empty store. It has no states under former names. */
export function createMemoryCodes(): CodeStore {
  const states = new Map<string, CodeState>();
  const answers = new Map<string, Answer>();
  const stateOf = ({ fingerprint }: StateName, now: number) => presentState(states.get(fingerprint), now);

  const answerName = ({ fingerprint, request }: Attempt) => `${fingerprint}:${request?.id}`;

  function answerTo(attempt: Attempt, now: number): Judgement | NotJudged | undefined {
    const { request } = attempt;
    const known = request && answers.get(answerName(attempt));
    if (known === undefined || hasExpired(known, now)) return undefined;
    return known.payload === request?.payload ? known.judgement : { outcome: 'request_id_reused' };
  }

  const codes: CodeStore = {
    hasFormer: false,
    judgeAll: (attempts, now) => Promise.all(attempts.map((attempt) => codes.judge(attempt, now))),
    async judge(attempt, now) {
      sweep(states, now);
      sweep(answers, now);
      const { fingerprint, request, onlyRepeat = false } = attempt;
      const kept = answerTo(attempt, now);
      if (kept !== undefined) return kept;
      if (onlyRepeat) return { outcome: 'unknown_request' };
      const { judgement, state } = judge(stateOf(attempt, now), attempt, now);
      if (state !== undefined) states.set(fingerprint, state);
      if (request !== undefined && isKept(judgement))
        answers.set(answerName(attempt), { payload: request.payload, judgement, expiresAt: now + ANSWER_KEPT_MS });
      return judgement;
    },
    preview: async (attempts, now) =>
      attempts.map((attempt) => ({ state: stateOf(attempt, now), now, kept: answerTo(attempt, now) })),
    async forgive(name, now) {
      const after = forgiven(stateOf(name, now));
      if (after !== undefined) states.set(name.fingerprint, after);
    },
    inspect: async (name, now) => stateOf(name, now),
    async unlock(name, now) {
      const before = stateOf(name, now);
      const after = unlocked(before);
      if (after !== undefined) states.set(name.fingerprint, after);
      return before;
    },
    async reset(name, now, nextCounter) {
      const before = stateOf(name, now);
      const after = reset(before, now, nextCounter) ?? before;
      if (after !== before) states.set(name.fingerprint, after);
      return { before, after };
    },
  };
  return codes;
}

function hasExpired({ expiresAt }: { readonly expiresAt: number | undefined }, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** Checks the rows that were checked longest ago: deletes expired rows and moves the others to the end of the queue. */
function sweep(rows: Map<string, { readonly expiresAt: number | undefined }>, now: number): void {
  let left = SWEPT;
  for (const [key, row] of rows) {
    if (left === 0) return;
    left -= 1;
    rows.delete(key);
    if (!hasExpired(row, now)) rows.set(key, row);
  }
}
