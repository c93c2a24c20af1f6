package otpd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	otpv1 "otpd.dev/go/pb/otp/v1"
)

// A service whose answer to a code is that code's length; it notes the sizes of batches and what came alone.
type batches struct {
	otpv1.UnimplementedOtpServiceServer
	mutex   sync.Mutex
	sizes   []int
	bytes   []int
	alone   int
	ids     map[string]int
	refusal error         // of every batch
	hold    chan struct{} // a batch waits for it to be closed
}

func (b *batches) note(request *otpv1.VerifyRequest) {
	if b.ids == nil {
		b.ids = map[string]int{}
	}
	b.ids[request.GetRequestId()]++
}

func answer(request *otpv1.VerifyRequest) *otpv1.VerifyResponse {
	left := uint32(len(request.GetCode()))
	return &otpv1.VerifyResponse{Status: otpv1.VerifyStatus_VERIFY_STATUS_MISMATCH, AttemptsRemaining: &left}
}

func (b *batches) Verify(_ context.Context, request *otpv1.VerifyRequest) (*otpv1.VerifyResponse, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.alone++
	b.note(request)
	return answer(request), nil
}

func (b *batches) BatchVerify(ctx context.Context, request *otpv1.BatchVerifyRequest) (*otpv1.BatchVerifyResponse, error) {
	if b.hold != nil {
		select {
		case <-b.hold:
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.refusal != nil {
		return nil, b.refusal
	}
	response := &otpv1.BatchVerifyResponse{}
	size := 0
	for _, one := range request.GetRequests() {
		b.note(one)
		size += len(one.GetCode())
		result := &otpv1.BatchVerifyResult{Result: &otpv1.BatchVerifyResult_Response{Response: answer(one)}}
		switch one.GetCode() {
		case "bad":
			result.Result = &otpv1.BatchVerifyResult_Error{Error: &otpv1.ItemError{
				Code: int32(codes.InvalidArgument), Reason: otpv1.ErrorReason_ERROR_REASON_INVALID_FIELDS, Message: "wrong",
				Violations: []*otpv1.FieldViolation{{Field: "key.secret", Description: "is empty"}},
			}}
		case "away":
			result.Result = &otpv1.BatchVerifyResult_Error{Error: &otpv1.ItemError{Code: int32(codes.Unavailable)}}
		}
		response.Results = append(response.Results, result)
	}
	b.sizes, b.bytes = append(b.sizes, len(request.GetRequests())), append(b.bytes, size)
	return response, nil
}

// The outcomes of calls that are begun at once.
func atOnce(t *testing.T, client *Client, codes []string) ([]*otpv1.VerifyResponse, []error) {
	t.Helper()
	responses, errs := make([]*otpv1.VerifyResponse, len(codes)), make([]error, len(codes))
	var all sync.WaitGroup
	for place, code := range codes {
		all.Go(func() { responses[place], errs[place] = client.Verify(t.Context(), &otpv1.VerifyRequest{Code: code}) })
	}
	all.Wait()
	return responses, errs
}

func TestCallsOfAMomentGoAsBatchesAndEachHasItsOwnAnswer(t *testing.T) {
	b := &batches{}
	texts := make([]string, 256)
	for place := range texts {
		texts[place] = strings.Repeat("1", place+4)
	}
	texts[17] = "bad"
	responses, errs := atOnce(t, startService(t, b, WithPlaintext(), WithBatching()), texts)
	for place, text := range texts {
		if place == 17 {
			failure := failed(t, errs[place])
			if failure.Reason != otpv1.ErrorReason_ERROR_REASON_INVALID_FIELDS || failure.FieldViolations[0].Field != "key.secret" || status.Code(errs[place]) != codes.InvalidArgument {
				t.Errorf("got %+v", failure)
			}
		} else if errs[place] != nil || responses[place].GetAttemptsRemaining() != uint32(len(text)) {
			t.Errorf("call %d: got %v, %v", place, responses[place], errs[place])
		}
	}
	if len(b.sizes)+b.alone > 64 {
		t.Errorf("%d batches and %d calls alone for 256 calls", len(b.sizes), b.alone)
	}
	for place, size := range b.sizes {
		if size > mostItems || b.bytes[place] > mostBytes {
			t.Errorf("a batch of %d items and %d bytes", size, b.bytes[place])
		}
	}
	for id, times := range b.ids {
		if id == "" || times != 1 {
			t.Errorf("the request id %q came %d times", id, times)
		}
	}
}

func TestABatchHasAtMostSixtyKiB(t *testing.T) {
	b := &batches{}
	texts := make([]string, 90)
	for place := range texts {
		texts[place] = strings.Repeat("1", 1000)
	}
	_, errs := atOnce(t, startService(t, b, WithPlaintext(), WithBatching()), texts)
	if err := errors.Join(errs...); err != nil || len(b.sizes) < 2 {
		t.Errorf("got %v in %d batches", err, len(b.sizes))
	}
}

func TestACallAloneIsNoBatch(t *testing.T) {
	b := &batches{}
	client := startService(t, b, WithPlaintext(), WithBatching())
	client.Verify(t.Context(), &otpv1.VerifyRequest{Code: "1"})
	client.Verify(t.Context(), &otpv1.VerifyRequest{Code: "1", Confirm: true})
	if b.alone != 2 || len(b.sizes) != 0 {
		t.Errorf("%d alone, batches %v", b.alone, b.sizes)
	}
}

func TestWhatABatchAloneIsRefusedForIsAskedOneByOne(t *testing.T) {
	for _, refusal := range []error{status.Error(codes.Unimplemented, ""), refusalFor(t, "ERROR_REASON_RATE_LIMITED"), refusalFor(t, "ERROR_REASON_COST_OVER_LIMIT")} {
		b := &batches{refusal: refusal}
		_, errs := atOnce(t, startService(t, b, WithPlaintext(), WithBatching()), []string{"1", "2", "3", "4"})
		if err := errors.Join(errs...); err != nil || b.alone != 4 {
			t.Errorf("%v: got %v, %d alone", refusal, err, b.alone)
		}
	}
	b := &batches{refusal: status.Error(codes.PermissionDenied, "")}
	_, errs := atOnce(t, startService(t, b, WithPlaintext(), WithBatching()), []string{"1", "2", "3"})
	for _, err := range errs {
		if failed(t, err).Code != codes.PermissionDenied {
			t.Errorf("got %v", err)
		}
	}
	b = &batches{}
	if _, errs = atOnce(t, startService(t, b, WithPlaintext(), WithBatching()), []string{"away", "2", "3"}); errors.Join(errs...) != nil || b.alone > 2 {
		t.Errorf("got %v, %d alone", errs, b.alone)
	}
}

func TestACallerMayLeaveItsBatch(t *testing.T) {
	b := &batches{hold: make(chan struct{})}
	client := startService(t, b, WithPlaintext(), WithBatching())
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	left, over, stays := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() { _, err := client.Verify(short, &otpv1.VerifyRequest{Code: "1"}); over <- err }()
	go func() { _, err := client.Verify(gone, &otpv1.VerifyRequest{Code: "2"}); left <- err }()
	go func() { _, err := client.Verify(t.Context(), &otpv1.VerifyRequest{Code: "3"}); stays <- err }()
	if err := <-over; !errors.Is(err, context.DeadlineExceeded) || failed(t, err).Code != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) || failed(t, err).Code != codes.Canceled {
		t.Errorf("got %v", err)
	}
	close(b.hold)
	if err := <-stays; err != nil {
		t.Errorf("got %v", err)
	}
}

func ExampleWithBatching() {
	client, err := Connect("otp.example.com:443", "otpd_…", WithBatching())
	fmt.Println(client == nil, err != nil)
	// Output: true true
}
