/** The rules for a code after its comparison: one-time use (RFC 6238 section 5.2) and bounded guessing (RFC 4226 section 7.3). */

import type { ResetTrack } from '../ports/audit.ts';
import type { Attempt, CodeState, FormerState, Judgement, Outcome, Reset, StateName } from '../ports/codes.ts';
import { attemptsRemaining, delayMs, FREE_ATTEMPTS, HARD_STOP, lockEnd } from './lock.ts';
import { formerTrack, isUsed, lastUntil, later, liveTracks, MOST_TRACKS, trackOf, withClaim, withoutFuture } from './tracks.ts';

/** How long wrong codes are kept after the last of them, in ms: a year; for ever from the hard stop on. */
export const FAILURES_KEPT_MS = 31_536_000_000;
/** How long the answer to a request id is kept, in ms. */
export const ANSWER_KEPT_MS = 86_400_000;

/** A judgement, and the state after it; `state` is undefined if nothing changes. */
export interface Ruling {
  readonly judgement: Judgement;
  readonly state: CodeState | undefined;
}

/** The state of a secret that the store does not know. */
export const UNKNOWN_KEY: CodeState = { failures: 0, lockedUntil: 0, tracks: [], expiresAt: 0 };

/** The state of a secret at `now`, without expired parts. */
export function presentState(kept: CodeState | undefined, now: number): CodeState {
  if (kept === undefined || hasExpired(kept, now)) return UNKNOWN_KEY;
  const tracks = liveTracks(kept.tracks, now);
  return tracks === kept.tracks ? kept : { ...kept, tracks };
}

/** Whether a former state must be looked up and taken over before anything is judged or changed. */
export function mayHaveFormer(state: CodeState, { period }: StateName): boolean {
  return trackOf(state.tracks, period) === undefined;
}

/** Merges the state with the former name into the present state. Delete the former state in the same step. */
export function withFormer(state: CodeState, former: FormerState, { period }: StateName, now: number): CodeState {
  if (hasExpired(former, now)) return state;
  const { lastStep } = former;
  const tracks = lastStep === undefined ? state.tracks : [...state.tracks, formerTrack(period, lastStep, now)];
  return {
    failures: Math.max(state.failures, former.failures),
    lockedUntil: Math.max(state.lockedUntil, former.lockedUntil),
    tracks,
    expiresAt: later(later(state.expiresAt, former.expiresAt), lastUntil(tracks)),
  };
}

/**
 * Judges `attempt` at `now`, in a state without expired parts. A store reads the state, judges, and writes the state in one atomic step; the Redis
 * script applies the same rules in Lua.
 */
export function judge(state: CodeState, attempt: Attempt, now: number): Ruling {
  const end = lockEnd(state, now);
  if (end > 0) return throttled(state, end, now);
  const { step, claim, period, afterStep = -1 } = attempt;
  if (step === undefined) return mismatch(state, now);
  const remaining = attemptsRemaining(state);
  const { firstStep = step } = attempt;
  if (firstStep <= afterStep) return right('replayed', attempt, remaining);
  // A used code that passes again proves nothing new, so it does not clear the failures.
  if (isUsed(state.tracks, period, step, firstStep)) return right(claim ? 'replayed' : 'accepted', attempt, remaining);
  if (state.tracks.length >= MOST_TRACKS && trackOf(state.tracks, period) === undefined) {
    return right('too_many_names', attempt, remaining);
  }
  if (!claim && state.failures === 0) return right('accepted', attempt, FREE_ATTEMPTS);
  const tracks = claim ? withClaim(state.tracks, attempt, step, now) : state.tracks;
  const expiresAt = claim ? lastUntil(tracks) : state.expiresAt;
  return right('accepted', attempt, FREE_ATTEMPTS, { failures: 0, lockedUntil: 0, tracks, expiresAt });
}

/** Whether the answer is kept under the request id. */
export function isKept({ outcome }: Judgement): boolean {
  return outcome !== 'throttled';
}

/** The state after an operator's unlock; undefined if there is nothing to clear. The tracks stay, or used codes could pass again. */
export function unlocked(state: CodeState): CodeState | undefined {
  return state.failures === 0 ? undefined : { ...state, failures: 0, lockedUntil: 0 };
}

/**
 * The state of a secret after a code of another key of its user was accepted: otherwise the mistakes that the user makes with that key would count here
 * for ever. Undefined if there is nothing to clear; only an operator clears the hard stop.
 */
export function forgiven(state: CodeState): CodeState | undefined {
  return state.failures >= HARD_STOP ? undefined : unlocked(state);
}

/** The state after an operator's reset at `now`, by the rule of `withoutFuture`; undefined if no track lies in the future. */
export function reset(state: CodeState, now: number, nextCounter?: number): CodeState | undefined {
  const tracks = withoutFuture(state.tracks, now, nextCounter);
  return tracks === state.tracks ? undefined : { ...state, tracks };
}

/** The tracks that a reset changed. */
export function resetTracks({ before, after }: Reset): ResetTrack[] {
  return before.tracks.flatMap(({ period, last }) => {
    const newLastStep = trackOf(after.tracks, period)?.last ?? null;
    return newLastStep === last ? [] : [{ periodSeconds: period, lastStep: last, newLastStep }];
  });
}

function hasExpired({ expiresAt }: Pick<CodeState, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function throttled(state: CodeState, end: number, now: number): Ruling {
  const retryAfterMs = end === Number.POSITIVE_INFINITY ? undefined : end - now;
  const judgement: Judgement = { outcome: 'throttled', step: undefined, drift: 0, attemptsRemaining: 0, retryAfterMs };
  // Written back, or a lock from before the clock was set back would begin again with each attempt.
  return { judgement, state: end < state.lockedUntil ? { ...state, lockedUntil: end } : undefined };
}

function mismatch(state: CodeState, now: number): Ruling {
  const failures = state.failures + 1;
  const judgement: Judgement = {
    outcome: 'mismatch',
    step: undefined,
    drift: 0,
    attemptsRemaining: Math.max(0, FREE_ATTEMPTS - failures),
    retryAfterMs: undefined,
  };
  const delay = delayMs(failures);
  // Waiting must not end the hard stop.
  const expiresAt = failures >= HARD_STOP ? undefined : later(state.expiresAt, now + FAILURES_KEPT_MS);
  return { judgement, state: { ...state, failures, lockedUntil: delay === 0 ? 0 : now + delay, expiresAt } };
}

function right(outcome: Outcome, { step, drift }: Attempt, remaining: number, state?: CodeState): Ruling {
  return { judgement: { outcome, step, drift, attemptsRemaining: remaining, retryAfterMs: undefined }, state };
}
