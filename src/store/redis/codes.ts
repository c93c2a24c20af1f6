/** One-time use and attempts in Redis: the rules of `judge`, in one script. */
import type { Attempt, CodeStore, Judgement, Outcome, RequestIdReused, StateName } from '../../ports/codes.ts';
import { NONE } from '../track-text.ts';
import { createRedisStates } from './code-states.ts';
import { JUDGING, REUSED } from './codes-lua.ts';
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
    judge: async (attempt, now) => judgementOf(await session.runAcknowledged(JUDGE, keysOf(attempt), wordsOf(attempt), now)),
    async judgeAll(attempts, now) {
      const calls = attempts.map((attempt) => ({ keys: keysOf(attempt), args: wordsOf(attempt) }));
      const replies = await session.runAllAcknowledged(JUDGE, calls, now);
      return replies.map((reply) => (reply instanceof Error ? reply : judgementOf(reply)));
    },
    ...createRedisStates(session, stateKeys),
  };
}

function keysOf(attempt: Attempt): string[] {
  const { fingerprint, request } = attempt;
  return [...stateKeys(attempt), ...(request === undefined ? [] : [`r:${fingerprint}:${request.id}`])];
}

/** Where the state of a secret is, and where an earlier version may have left one. */
function stateKeys({ fingerprint, former }: StateName): [state: string, former: string] {
  if (former === undefined) throw new Error('the former name is missing');
  return [`c:${fingerprint}`, `c:${former}`];
}

function wordsOf({ step, drift, claim, afterStep, matchableMs, period, request }: Attempt): (string | number)[] {
  return [step ?? NONE, drift, claim ? 1 : 0, afterStep ?? NONE, matchableMs, period, request?.payload ?? ''];
}

function judgementOf(reply: unknown): Judgement | RequestIdReused {
  if (reply === REUSED) return { outcome: REUSED };
  const [outcome, ...words] = String(reply).split(' ');
  const [step, drift = 0, attemptsRemaining = 0, retryAfterMs] = words.map((word) => (word === NONE ? undefined : Number(word)));
  return { outcome: outcome as Outcome, step, drift, attemptsRemaining, retryAfterMs };
}
