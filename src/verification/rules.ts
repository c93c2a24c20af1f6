/** The rules for one code, once it has been compared: one-time use (RFC 6238 section 5.2) and bounded guessing (RFC 4226 section 7.3). */

import type { Attempt, CodeState, Judgement } from '../ports/codes.ts';

/** Wrong codes that cost nothing but the attempt. */
export const FREE_ATTEMPTS = 5;
/** After the last free attempt: how long the next one has to wait, in ms; twice as long after each further wrong code. */
export const FIRST_DELAY_MS = 60_000;
/** The longest wait, in ms. */
export const LONGEST_DELAY_MS = 86_400_000;
/** Consecutive wrong codes after which only an operator's unlock helps (NIST SP 800-63B section 5.2.2). */
export const HARD_STOP = 100;
/** How long wrong codes are remembered, in ms from the last one: a year; for ever from the hard stop on. */
export const FAILURES_KEPT_MS = 31_536_000_000;
/** How much longer than its codes could match a consumed step is remembered, in ms: clocks step back. */
export const STEP_MARGIN_MS = 86_400_000;
/** How long the answer to a request id is remembered, in ms. */
export const ANSWER_KEPT_MS = 86_400_000;

/** A judgement, and the state that it leaves behind; `state` is undefined where nothing changes. */
export interface Ruling {
  readonly judgement: Judgement;
  readonly state: CodeState | undefined;
}

/** A key of which nothing is known. */
export const UNKNOWN_KEY: CodeState = { lastStep: undefined, failures: 0, lockedUntil: 0, expiresAt: 0 };

/** Judges `attempt` at `now`. Every store makes this one atomic step with the reading and writing of the state; the Redis script says the same in Lua. */
export function judge(state: CodeState, attempt: Attempt, now: number): Ruling {
  if (isLocked(state, now)) return { judgement: throttled(state, now), state: undefined };
  if (attempt.step === undefined) return mismatch(state, now);
  const { step, drift, claim, afterStep } = attempt;
  const fresh = step > (state.lastStep ?? -1);
  if (step <= (afterStep ?? -1) || (claim && !fresh)) {
    return { judgement: right('replayed', step, drift, attemptsRemaining(state)), state: undefined };
  }
  const judgement = right('accepted', step, drift, FREE_ATTEMPTS);
  // A used code that is let pass again proves nothing new: it does not clear the failures.
  if (!fresh) return { judgement: { ...judgement, attemptsRemaining: attemptsRemaining(state) }, state: undefined };
  if (!claim && state.failures === 0) return { judgement, state: undefined };
  return { judgement, state: accepted(state, attempt, step, now) };
}

/** The state after an operator's unlock; undefined where there is nothing to clear. The last step stays, or its code could pass again. */
export function unlocked(state: CodeState): CodeState | undefined {
  return state.failures === 0 ? undefined : { ...state, failures: 0, lockedUntil: 0 };
}

/** How many wrong codes are left before the next is throttled, in a state that is not locked now. */
export function attemptsRemaining({ failures }: CodeState): number {
  return Math.max(1, FREE_ATTEMPTS - failures);
}

/** Whether no code is judged at `now`. */
export function isLocked({ failures, lockedUntil }: CodeState, now: number): boolean {
  return failures >= HARD_STOP || now < lockedUntil;
}

function throttled({ failures, lockedUntil }: CodeState, now: number): Judgement {
  const retryAfterMs = failures >= HARD_STOP ? undefined : lockedUntil - now;
  return { outcome: 'throttled', step: undefined, drift: 0, attemptsRemaining: 0, retryAfterMs };
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
  // The hard stop would be none if waiting lifted it.
  const expiresAt = failures >= HARD_STOP ? undefined : later(state.expiresAt, now + FAILURES_KEPT_MS);
  return { judgement, state: { lastStep: state.lastStep, failures, lockedUntil: delay === 0 ? 0 : now + delay, expiresAt } };
}

function delayMs(failures: number): number {
  return failures < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FREE_ATTEMPTS));
}

function right(outcome: 'accepted' | 'replayed', step: number, drift: number, remaining: number): Judgement {
  return { outcome, step, drift, attemptsRemaining: remaining, retryAfterMs: undefined };
}

function accepted(state: CodeState, { claim, matchableMs }: Attempt, step: number, now: number): CodeState {
  const cleared = { failures: 0, lockedUntil: 0 };
  if (!claim) return { ...state, ...cleared };
  return { ...cleared, lastStep: step, expiresAt: matchableMs === undefined ? undefined : now + matchableMs + STEP_MARGIN_MS };
}

function later(one: number | undefined, other: number): number | undefined {
  return one === undefined ? undefined : Math.max(one, other);
}
