/** Bounded guessing (RFC 4226 section 7.3): how long wrong codes lock a secret. */
import type { CodeState } from '../ports/codes.ts';

/** The number of wrong codes that do not lock the secret. */
export const FREE_ATTEMPTS = 5;
/** The delay after the last free attempt, in ms; it doubles with each further wrong code. */
export const FIRST_DELAY_MS = 60_000;
/** The longest delay, in ms. */
export const LONGEST_DELAY_MS = 86_400_000;
/** Consecutive wrong codes after which only an operator can unlock the secret (NIST SP 800-63B-4 section 3.2.2). */
export const HARD_STOP = 100;

/** The delay after this many wrong codes, in ms. */
export function delayMs(failures: number): number {
  return failures < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FREE_ATTEMPTS));
}

/**
 * When the lock ends, in ms since the epoch: 0 if the secret is not locked at `now`, infinity if only an operator can unlock it. The end is at most one
 * delay from `now`: a lock that ends later was made before the clock was set back.
 */
export function lockEnd({ failures, lockedUntil }: Pick<CodeState, 'failures' | 'lockedUntil'>, now: number): number {
  if (failures >= HARD_STOP) return Number.POSITIVE_INFINITY;
  const end = Math.min(lockedUntil, now + delayMs(failures));
  return end > now ? end : 0;
}

/** How many wrong codes are left before the next attempt is throttled, in a state that is not locked. */
export function attemptsRemaining({ failures }: Pick<CodeState, 'failures'>): number {
  return Math.max(1, FREE_ATTEMPTS - failures);
}
