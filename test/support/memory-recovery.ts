/** Used recovery codes in memory: exact within a process, and lost when it ends. */
import type { RecoveryStore, SetState, UseJudgement } from '../../src/ports/recovery.ts';
import { judgeUse, presentSet, revoked, unlockedSet } from '../../src/verification/recovery-rules.ts';
import { ANSWER_KEPT_MS } from '../../src/verification/rules.ts';

/** Makes an empty store. */
export function createMemoryRecovery(): RecoveryStore {
  const states = new Map<string, SetState>();
  const answers = new Map<string, { payload: string; judgement: UseJudgement; expiresAt: number }>();
  const change = (set: string, now: number, rule: (state: SetState) => SetState | undefined): SetState => {
    const before = presentSet(states.get(set), now);
    states.set(set, rule(before) ?? before);
    return before;
  };
  return {
    async use(use, now) {
      const { set, request } = use;
      const answerName = `${set}:${request?.id}`;
      const known = request && answers.get(answerName);
      if (known !== undefined && known.expiresAt > now)
        return known.payload === request?.payload ? known.judgement : { outcome: 'request_id_reused' };
      const { judgement, state } = judgeUse(presentSet(states.get(set), now), use, now);
      if (state !== undefined) states.set(set, state);
      if (request !== undefined && judgement.outcome !== 'throttled')
        answers.set(answerName, { payload: request.payload, judgement, expiresAt: now + ANSWER_KEPT_MS });
      return judgement;
    },
    async revoke(set, now) {
      change(set, now, revoked);
    },
    inspect: async (set, now) => presentSet(states.get(set), now),
    unlock: async (set, now) => change(set, now, unlockedSet),
  };
}
