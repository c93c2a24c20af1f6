/** Bounded guessing (RFC 4226 section 7.3): how long wrong codes keep the next one from being judged. */
import type { CodeState } from '../ports/codes.ts';

/** Wrong codes that cost nothing but the attempt. */
export const FREE_ATTEMPTS = 5;
/** After the last free attempt: how long the next one has to wait, in ms; twice as long after each further wrong code. */
export const FIRST_DELAY_MS = 60_000;
/** The longest wait, in ms. */
export const LONGEST_DELAY_MS = 86_400_000;
/** Consecutive wrong codes after which only an operator's unlock helps (NIST SP 800-63B-4 section 3.2.2). */
export const HARD_STOP = 100;

/** The delay that belongs to so many wrong codes, in ms. */
export function delayMs(failures: number): number {
  return failures < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FREE_ATTEMPTS));
}

/**
 * Until when no code is judged, seen at `now`, in ms since the epoch: 0 if it is not locked, infinity if only an unlock helps. Never later than
 * the delay of its wrong codes from now on: a lock that ends later was made by a clock that has been set back since.
 */
export function lockEnd({ failures, lockedUntil }: Pick<CodeState, 'failures' | 'lockedUntil'>, now: number): number {
  if (failures >= HARD_STOP) return Number.POSITIVE_INFINITY;
  const end = Math.min(lockedUntil, now + delayMs(failures));
  return end > now ? end : 0;
}

/** How many wrong codes are left before the next is throttled, in a state that is not locked now. */
export function attemptsRemaining({ failures }: Pick<CodeState, 'failures'>): number {
  return Math.max(1, FREE_ATTEMPTS - failures);
}
