"""The texts for the user: each says how it went, and the next step."""

from __future__ import annotations

from otpd import v1

UNAVAILABLE = "We cannot check codes right now. Please try again in a moment."


def text_of(answer: v1.VerifyResponse) -> str:
    """The text for a code that was not accepted."""
    left = answer.attempts_remaining
    if answer.status == v1.VERIFY_STATUS_MISMATCH:
        if left > 2:
            return "That code did not work. Enter the newest code from your app."
        if left == 0:
            return "Too many wrong codes. Wait at least 1 minute, or use a recovery code."
        return f"That code did not work. You have {_tries(left)} left. Is the time on your phone set automatically?"
    if answer.status == v1.VERIFY_STATUS_MALFORMED:
        return "A code has 6 digits."
    if answer.status == v1.VERIFY_STATUS_REPLAYED:
        return "This code was used already. Wait for the next one, up to 30 seconds."
    if answer.status == v1.VERIFY_STATUS_THROTTLED:
        if not answer.HasField("retry_after"):
            return "Codes are blocked for your security. Use a recovery code, or contact support."
        return f"Too many wrong codes. Try again in {_minutes(answer.retry_after.seconds)}, or use a recovery code."
    return UNAVAILABLE


def text_of_recovery(answer: v1.VerifyRecoveryCodeResponse) -> str:
    """The text for a recovery code that was not accepted."""
    left = answer.attempts_remaining
    if answer.status == v1.VERIFY_STATUS_MISMATCH:
        if left == 0:
            return "Too many wrong codes. Wait at least 1 minute, or contact support."
        return f"That is not one of your recovery codes. You have {_tries(left)} left."
    if answer.status == v1.VERIFY_STATUS_MALFORMED:
        return "A recovery code has 16 letters and digits."
    if answer.status == v1.VERIFY_STATUS_REPLAYED:
        return "This recovery code was used already. Use another one."
    if answer.status == v1.VERIFY_STATUS_THROTTLED:
        if not answer.HasField("retry_after"):
            return "Recovery codes are blocked for your security. Contact support."
        return f"Too many wrong codes. Try again in {_minutes(answer.retry_after.seconds)}, or contact support."
    return UNAVAILABLE


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _minutes(seconds: int) -> str:
    whole = max(1, -(-seconds // 60))
    return "1 minute" if whole == 1 else f"{whole} minutes"
