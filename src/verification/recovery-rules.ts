/** The rules for a recovery code after its comparison: each code is used once, and wrong codes are bounded as those of a secret are. */
import type { CodeUse, SetState, UseJudgement, UseOutcome } from '../ports/recovery.ts';
import { attemptsRemaining, delayMs, FREE_ATTEMPTS, HARD_STOP, lockEnd } from './lock.ts';
import { FAILURES_KEPT_MS } from './rules.ts';

/** A judgement, and the state after it; `state` is undefined if nothing changes. */
export interface UseRuling {
  readonly judgement: UseJudgement;
  readonly state: SetState | undefined;
}

/** The state of a set that the store does not know. */
export const UNKNOWN_SET: SetState = { used: 0, isRevoked: false, failures: 0, lockedUntil: 0, expiresAt: 0 };

/** The state of a set at `now`. */
export function presentSet(kept: SetState | undefined, now: number): SetState {
  return kept === undefined || (kept.expiresAt !== undefined && kept.expiresAt <= now) ? UNKNOWN_SET : kept;
}

/**
 * Judges `use` at `now`, in a state without expired parts. A store reads the state, judges, and writes the state in one atomic step; the Redis script
 * applies the same rules in Lua.
 */
export function judgeUse(state: SetState, use: CodeUse, now: number): UseRuling {
  const end = lockEnd(state, now);
  if (end > 0) return throttled(state, end, now);
  if (use.code === undefined) return mismatch(state, use, now);
  const bit = 2 ** use.code;
  // In a revoked set all codes count as used.
  if (state.isRevoked || (state.used & bit) !== 0) return ruling('replayed', state, use, attemptsRemaining(state));
  const after = { used: state.used | bit, isRevoked: false, failures: 0, lockedUntil: 0, expiresAt: undefined };
  return { ...ruling('accepted', after, use, FREE_ATTEMPTS), state: after };
}

/** The state after a revocation; undefined if the set is revoked already. */
export function revoked(state: SetState): SetState | undefined {
  return state.isRevoked ? undefined : { ...state, isRevoked: true, expiresAt: undefined };
}

/** The state after an operator's unlock; undefined if there is nothing to clear. */
export function unlockedSet(state: SetState): SetState | undefined {
  if (state.failures === 0) return undefined;
  return { ...state, failures: 0, lockedUntil: 0, expiresAt: isForEver(state) ? undefined : 0 };
}

function isForEver({ used, isRevoked }: SetState): boolean {
  return used !== 0 || isRevoked;
}

function throttled(state: SetState, end: number, now: number): UseRuling {
  const retryAfterMs = end === Number.POSITIVE_INFINITY ? undefined : end - now;
  const judgement: UseJudgement = { outcome: 'throttled', remainingCount: undefined, attemptsRemaining: 0, retryAfterMs };
  // Written back, or a lock from before the clock was set back would begin again with each attempt.
  return { judgement, state: end < state.lockedUntil ? { ...state, lockedUntil: end } : undefined };
}

function mismatch(state: SetState, use: CodeUse, now: number): UseRuling {
  const failures = state.failures + 1;
  const delay = delayMs(failures);
  // Waiting must not end the hard stop.
  const expiresAt = isForEver(state) || failures >= HARD_STOP ? undefined : now + FAILURES_KEPT_MS;
  const after = { ...state, failures, lockedUntil: delay === 0 ? 0 : now + delay, expiresAt };
  return { ...ruling('mismatch', after, use, Math.max(0, FREE_ATTEMPTS - failures)), state: after };
}

function ruling(outcome: UseOutcome, { used, isRevoked }: SetState, { count }: CodeUse, attempts: number): UseRuling {
  const remainingCount = isRevoked ? 0 : count - usedCount(used);
  return { judgement: { outcome, remainingCount, attemptsRemaining: attempts, retryAfterMs: undefined }, state: undefined };
}

/** The number of used codes, counted from the bits of `SetState.used`. */
export function usedCount(used: number): number {
  return used === 0 ? 0 : (used & 1) + usedCount(used >>> 1);
}
