/** The texts for the user: each says how it went, and the next step. */
import { type VerifyRecoveryCodeResponse, type VerifyResponse, VerifyStatus } from 'otpd-client';

export const UNAVAILABLE = 'We cannot check codes right now. Please try again in a moment.';

/** The text for a code that was not accepted. */
export function textOf({ status, attemptsRemaining = 0, retryAfter }: VerifyResponse): string {
  switch (status) {
    case VerifyStatus.MISMATCH:
      if (attemptsRemaining > 2) return 'That code did not work. Enter the newest code from your app.';
      if (attemptsRemaining === 0) return 'Too many wrong codes. Wait at least 1 minute, or use a recovery code.';
      return `That code did not work. You have ${tries(attemptsRemaining)} left. Is the time on your phone set automatically?`;
    case VerifyStatus.MALFORMED:
      return 'A code has 6 digits.';
    case VerifyStatus.REPLAYED:
      return 'This code was used already. Wait for the next one, up to 30 seconds.';
    case VerifyStatus.THROTTLED:
      if (retryAfter === undefined) return 'Codes are blocked for your security. Use a recovery code, or contact support.';
      return `Too many wrong codes. Try again in ${minutes(Number(retryAfter.seconds))}, or use a recovery code.`;
    default:
      return UNAVAILABLE;
  }
}

/** The text for a recovery code that was not accepted. */
export function textOfRecovery({ status, attemptsRemaining = 0, retryAfter }: VerifyRecoveryCodeResponse): string {
  switch (status) {
    case VerifyStatus.MISMATCH:
      if (attemptsRemaining === 0) return 'Too many wrong codes. Wait at least 1 minute, or contact support.';
      return `That is not one of your recovery codes. You have ${tries(attemptsRemaining)} left.`;
    case VerifyStatus.MALFORMED:
      return 'A recovery code has 16 letters and digits.';
    case VerifyStatus.REPLAYED:
      return 'This recovery code was used already. Use another one.';
    case VerifyStatus.THROTTLED:
      if (retryAfter === undefined) return 'Recovery codes are blocked for your security. Contact support.';
      return `Too many wrong codes. Try again in ${minutes(Number(retryAfter.seconds))}, or contact support.`;
    default:
      return UNAVAILABLE;
  }
}

function tries(count: number): string {
  return count === 1 ? '1 try' : `${count} tries`;
}

function minutes(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds / 60));
  return whole === 1 ? '1 minute' : `${whole} minutes`;
}
