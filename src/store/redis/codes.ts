/** One-time use and attempts in Redis: the rules of `judge`, in one script. */
import type { Attempt, CodeState, CodeStore, Judgement, Outcome, RequestIdReused } from '../../ports/codes.ts';
import { UNKNOWN_KEY } from '../../verification/rules.ts';
import { JUDGING, NONE, REUSED } from './codes-lua.ts';
import { readingScript, writingScript } from './script.ts';
import type { Session } from './session.ts';

const JUDGE = writingScript(`
local state_key, answer_key = KEYS[2], KEYS[3]
${JUDGING}
return judge_once()
`);

const INSPECT = readingScript(`return redis.call('GET', KEYS[2])`);

const UNLOCK = writingScript(`
local before = redis.call('GET', KEYS[2])
local last, failures, _, expires = string.match(before or '', '^(%S+) (%S+) (%S+) (%S+)$')
if last and failures ~= '0' then
  redis.call('SET', KEYS[2], last .. ' 0 0 ' .. expires, 'KEEPTTL')
end
return before
`);

/** The codes behind a session. Their moments are of Redis' clock; that of the caller, `now`, is not asked. */
export function createRedisCodes({ run, runAcknowledged }: Session): CodeStore {
  const keyOf = (fingerprint: string) => `c:${fingerprint}`;
  return {
    async judge(attempt, now) {
      const { fingerprint, request } = attempt;
      const keys = [keyOf(fingerprint), ...(request === undefined ? [] : [`r:${request.id}`])];
      return judgementOf(await runAcknowledged(JUDGE, keys, wordsOf(attempt), now));
    },
    inspect: async (fingerprint) => stateOf(await run(INSPECT, [keyOf(fingerprint)], [])),
    unlock: async (fingerprint) => stateOf(await runAcknowledged(UNLOCK, [keyOf(fingerprint)], [])),
  };
}

function wordsOf({ step, drift, claim, afterStep, matchableMs, request }: Attempt): (string | number)[] {
  return [step ?? NONE, drift, claim ? 1 : 0, afterStep ?? NONE, matchableMs ?? NONE, request?.payload ?? ''];
}

function judgementOf(reply: unknown): Judgement | RequestIdReused {
  if (reply === REUSED) return { outcome: REUSED };
  const [outcome, ...words] = String(reply).split(' ');
  const [step, drift = 0, attemptsRemaining = 0, retryAfterMs] = words.map(numberOf);
  return { outcome: outcome as Outcome, step, drift, attemptsRemaining, retryAfterMs };
}

function stateOf(text: unknown): CodeState {
  if (typeof text !== 'string') return UNKNOWN_KEY;
  const [lastStep, failures = 0, lockedUntil = 0, expiresAt] = text.split(' ').map(numberOf);
  return { lastStep, failures, lockedUntil, expiresAt };
}

function numberOf(word: string): number | undefined {
  return word === NONE ? undefined : Number(word);
}
