/** One-time use and attempts in Redis: the rules of `judge`, in one script. */
import type { Attempt, CodeStore, Judgement, NotJudged, Outcome, StateName } from '../../ports/codes.ts';
import { NONE } from '../track-text.ts';
import { createRedisStates } from './code-states.ts';
import { JUDGING, NOT_KEPT, REUSED } from './codes-lua.ts';
import { writingScript } from './script.ts';
import type { Session } from './session.ts';

const JUDGE = writingScript(`
local state_key, former_key, answer_key = KEYS[2], KEYS[3], KEYS[4]
${JUDGING}
return judge_once()
`);

/** The codes behind a session. Their moments are of Redis' clock; that of the caller, `now`, is not asked. */
export function createRedisCodes(session: Session): CodeStore {
  return {
    // Nothing but a look at every key would tell.
    hasFormer: true,
    async judge(attempt, now) {
      const { fingerprint, request } = attempt;
      const keys = [...stateKeys(attempt), ...(request === undefined ? [] : [`r:${fingerprint}:${request.id}`])];
      return judgementOf(await session.runAcknowledged(JUDGE, keys, wordsOf(attempt), now));
    },
    ...createRedisStates(session, stateKeys),
  };
}

/** Where the state of a secret is, and where an earlier version may have left one. */
function stateKeys({ fingerprint, former }: StateName): [state: string, former: string] {
  if (former === undefined) throw new Error('the former name is missing');
  return [`c:${fingerprint}`, `c:${former}`];
}

function wordsOf({ step, drift, claim, afterStep, matchableMs, period, request, onlyRepeat }: Attempt): (string | number)[] {
  const numbers = [step ?? NONE, drift, claim ? 1 : 0, afterStep ?? NONE, matchableMs, period];
  return [...numbers, request?.payload ?? '', onlyRepeat ? 1 : 0];
}

function judgementOf(reply: unknown): Judgement | NotJudged {
  if (reply === REUSED || reply === NOT_KEPT) return { outcome: reply };
  const [outcome, ...words] = String(reply).split(' ');
  const [step, drift = 0, attemptsRemaining = 0, retryAfterMs] = words.map((word) => (word === NONE ? undefined : Number(word)));
  return { outcome: outcome as Outcome, step, drift, attemptsRemaining, retryAfterMs };
}
