package main

import (
	"fmt"

	"google.golang.org/protobuf/types/known/durationpb"

	otpv1 "otpd.dev/go/pb/otp/v1"
)

const unavailable = "We cannot check codes right now. Please try again in a moment."

// textOf is the text for a code that was not accepted: what happened, and what to do next.
func textOf(answer *otpv1.VerifyResponse) string {
	left := answer.GetAttemptsRemaining()
	switch answer.GetStatus() {
	case otpv1.VerifyStatus_VERIFY_STATUS_MISMATCH:
		if left > 2 {
			return "That code did not work. Enter the newest code from your app."
		}
		if left == 0 {
			return "Too many wrong codes. Wait at least 1 minute, or use a recovery code."
		}
		return fmt.Sprintf("That code did not work. You have %s left. Is the time on your phone set automatically?", tries(left))
	case otpv1.VerifyStatus_VERIFY_STATUS_MALFORMED:
		return "A code has 6 digits."
	case otpv1.VerifyStatus_VERIFY_STATUS_REPLAYED:
		return "This code was used already. Wait for the next one, up to 30 seconds."
	case otpv1.VerifyStatus_VERIFY_STATUS_THROTTLED:
		if answer.GetRetryAfter() == nil {
			return "Codes are blocked for your security. Use a recovery code, or contact support."
		}
		return fmt.Sprintf("Too many wrong codes. Try again in %s, or use a recovery code.", minutes(answer.GetRetryAfter()))
	}
	return unavailable
}

// textOfRecovery is the text for a recovery code that was not accepted.
func textOfRecovery(answer *otpv1.VerifyRecoveryCodeResponse) string {
	switch answer.GetStatus() {
	case otpv1.VerifyStatus_VERIFY_STATUS_MISMATCH:
		if answer.GetAttemptsRemaining() == 0 {
			return "Too many wrong codes. Wait at least 1 minute, or contact support."
		}
		return fmt.Sprintf("That is not one of your recovery codes. You have %s left.", tries(answer.GetAttemptsRemaining()))
	case otpv1.VerifyStatus_VERIFY_STATUS_MALFORMED:
		return "A recovery code has 16 letters and digits."
	case otpv1.VerifyStatus_VERIFY_STATUS_REPLAYED:
		return "This recovery code was used already. Use another one."
	case otpv1.VerifyStatus_VERIFY_STATUS_THROTTLED:
		if answer.GetRetryAfter() == nil {
			return "Recovery codes are blocked for your security. Contact support."
		}
		return fmt.Sprintf("Too many wrong codes. Try again in %s, or contact support.", minutes(answer.GetRetryAfter()))
	}
	return unavailable
}

func tries(count uint32) string {
	if count == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", count)
}

func minutes(wait *durationpb.Duration) string {
	whole := max(1, (wait.GetSeconds()+59)/60)
	if whole == 1 {
		return "1 minute"
	}
	return fmt.Sprintf("%d minutes", whole)
}
