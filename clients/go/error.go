package otpd

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	otpv1 "otpd.dev/go/pb/otp/v1"
)

// Error is why a call failed, with the details that the service sent. Get it from an error with [errors.As].
//
// A failure that never reached the service, such as a lost connection, has only a code and a message.
type Error struct {
	// The kind of failure.
	Code codes.Code
	// The remedy, for a developer to read.
	Message string
	// The reason, to decide by; unspecified if the service gave none, or if the reason is newer than this client: then Metadata["reason"] names it.
	Reason otpv1.ErrorReason
	// Facts about the reason, such as the "scope" that is missing.
	Metadata map[string]string
	// Every field of the request that is wrong, if the code is InvalidArgument.
	FieldViolations []FieldViolation
	// How long to wait before trying again; zero if the service did not say.
	RetryDelay time.Duration
	// The id of the failed call in the service's log.
	RequestID string

	status *status.Status
	// The error of the context, if it ended the call.
	cause error
}

// FieldViolation is one thing that is wrong with one field.
type FieldViolation struct {
	// The path of the field in snake_case: "key.secret".
	Field string
	// The mistake and its remedy.
	Description string
}

// Error gives the code, the message and the fields that are wrong; it never holds a secret, a code or a key.
func (e *Error) Error() string {
	text := fmt.Sprintf("otpd: %s: %s", e.Code, e.Message)
	for _, violation := range e.FieldViolations {
		// The server's message names the first of them.
		if wrong := violation.Field + ": " + violation.Description; !strings.Contains(e.Message, wrong) {
			text += "; " + wrong
		}
	}
	if e.RetryDelay > 0 {
		text += fmt.Sprintf("; try again in %v", e.RetryDelay)
	}
	return text
}

// Unwrap gives [context.Canceled] or [context.DeadlineExceeded] if the context ended the call, so that [errors.Is] finds them.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus is what [status.FromError] and [status.Code] look for.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// The context, which may be nil, is that of the call.
func errorOf(ctx context.Context, err error) *Error {
	s := status.Convert(err)
	// The words of the balancer for a name without addresses.
	message := strings.Replace(s.Message(), "no children to pick from", "the name of the server cannot be resolved", 1)
	e := &Error{Code: s.Code(), Message: message, status: s}
	if ctx != nil && (e.Code == codes.Canceled || e.Code == codes.DeadlineExceeded) {
		e.cause = ctx.Err()
	}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason, e.Metadata = otpv1.ErrorReason(otpv1.ErrorReason_value[detail.GetReason()]), detail.GetMetadata()
			if e.Reason == 0 && detail.GetReason() != "" {
				e.Metadata = maps.Clone(e.Metadata)
				if e.Metadata == nil {
					e.Metadata = map[string]string{}
				}
				e.Metadata["reason"] = detail.GetReason()
			}
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				e.FieldViolations = append(e.FieldViolations, FieldViolation{violation.GetField(), violation.GetDescription()})
			}
		case *errdetails.RetryInfo:
			e.RetryDelay = detail.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			e.RequestID = detail.GetRequestId()
		}
	}
	return e
}
