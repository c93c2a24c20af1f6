/** One-time use and attempts in Redis: the rules of `judge`, in one script. */
import type { Attempt, CodeStore, Judgement, NotJudged, Outcome, Preview, StateName } from '../../ports/codes.ts';
import { NONE, numberOf } from '../track-text.ts';
import { createRedisStates, readWords } from './code-states.ts';
import { JUDGING, NOT_KEPT, REUSED } from './codes-lua.ts';
import type { KeyName } from './layout.ts';
import { writingScript } from './script.ts';
import type { Session } from './session.ts';

const JUDGE = writingScript(`
local state_key, former_key, answer_key = KEYS[2], KEYS[3], KEYS[4]
if former_key == state_key then former_key = nil end
${JUDGING}
return judge_once()
`);

const KEPT = /^(\d+) (\S+ \S+ \S+ \S+ \S+) (.*)$/s;

/** The codes in a session. Their times are by the clock of Redis; the parameter `now` is not used. */
export function createRedisCodes(session: Session): CodeStore {
  const { hasFormer } = session;
  const { find, ...states } = createRedisStates(session, stateKeys);

  /**
   * The key of a secret's state, and the key under which an earlier version may have left one. An operator with only the fingerprint knows no former name, and passes a key
   * that is never written. If there can be no former state, the same key is passed twice: while a slot moves, a Cluster refuses scripts if one of their keys is
   * missing.
   */
  function stateKeys({ fingerprint, former = '' }: StateName): [state: KeyName, former: KeyName] {
    return [
      ['c', fingerprint],
      ['c', hasFormer ? former : fingerprint],
    ];
  }

  const keysOf = (attempt: Attempt): KeyName[] => [...stateKeys(attempt), ...answerKeys(attempt)];

  async function preview(attempt: Attempt, callerNow: number): Promise<Preview> {
    const { state, now, answer } = await find(attempt, callerNow, ...answerKeys(attempt));
    return { state, now, kept: keptAnswer(answer, attempt, now) };
  }

  return {
    // Only a look at every key would tell, so former states are always looked up.
    hasFormer,
    judge: async (attempt, now) => judgementOf(await session.runAcknowledged(JUDGE, keysOf(attempt), wordsOf(attempt), now)),
    async judgeAll(attempts, now) {
      const calls = attempts.map((attempt) => ({ keys: keysOf(attempt), args: wordsOf(attempt) }));
      const replies = await session.runAllAcknowledged(JUDGE, calls, now);
      return replies.map((reply) => (reply instanceof Error ? reply : judgementOf(reply)));
    },
    // Each by its own script, sent at once, since no script may need the keys of two secrets.
    preview: (attempts, now) => Promise.all(attempts.map((attempt) => preview(attempt, now))),
    ...states,
  };
}

/** The key of the answer to the request id, if there is one. */
function answerKeys({ fingerprint, request }: Attempt): KeyName[] {
  return request === undefined ? [] : [['r', fingerprint, request.id]];
}

/** Parses an answer as `JUDGING` stores it. */
function keptAnswer(text: string, { request }: Attempt, now: number): Preview['kept'] {
  if (text === '') return undefined;
  const [, expiresAt, judgement, payload] = readWords(text, KEPT);
  if (Number(expiresAt) <= now) return undefined;
  return payload === request?.payload ? judgementOf(judgement) : { outcome: REUSED };
}

function wordsOf({
  step,
  drift,
  claim,
  afterStep,
  matchableMs,
  period,
  request,
  onlyRepeat,
  firstStep = step,
}: Attempt): (string | number)[] {
  const numbers = [step ?? NONE, drift, claim ? 1 : 0, afterStep ?? NONE, matchableMs, period];
  return [...numbers, request?.payload ?? '', onlyRepeat ? 1 : 0, firstStep ?? NONE];
}

function judgementOf(reply: unknown): Judgement | NotJudged {
  if (reply === REUSED || reply === NOT_KEPT) return { outcome: reply };
  const [outcome, ...words] = String(reply).split(' ');
  const [step, drift = 0, attemptsRemaining = 0, retryAfterMs] = words.map(numberOf);
  return { outcome: outcome as Outcome, step, drift, attemptsRemaining, retryAfterMs };
}
