package otpd

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	otpv1 "otpd.dev/go/pb/otp/v1"
)

const (
	// How long the first call of a batch waits for others.
	batchWindow = 500 * time.Microsecond
	// The capacity of a batch: the service takes 100 items in 64 KiB. The rest is for lengths and tags.
	mostItems = 100
	mostBytes = 60 << 10
)

// Why a batch may be refused although calls alone are not: more than the plan has left, or a server that knows no batches.
var goAlone = map[otpv1.ErrorReason]bool{
	otpv1.ErrorReason_ERROR_REASON_RATE_LIMITED:      true,
	otpv1.ErrorReason_ERROR_REASON_COST_OVER_LIMIT:   true,
	otpv1.ErrorReason_ERROR_REASON_CREDITS_EXHAUSTED: true,
	otpv1.ErrorReason_ERROR_REASON_MESSAGE_TOO_LARGE: true,
}

// The result of a call of a batch.
type outcome[R any] struct {
	response R
	err      *Error
	// The server has not handled the item: it is sent alone, with the retries of a separate call.
	alone bool
}

type waiting[Q, R any] struct {
	ctx     context.Context
	request Q
	// Has room for the outcome, so that the batch does not wait for a caller that has left.
	done chan outcome[R]
}

// A batcher collects the calls of a moment, and sends them as one.
type batcher[Q proto.Message, R any] struct {
	one func(context.Context, Q) (R, error)
	// Gives as many outcomes as there are requests, in their order, or the error of all of them.
	all func(context.Context, []Q) ([]outcome[R], *Error)

	mutex   sync.Mutex
	calls   []*waiting[Q, R]
	bytes   int
	pending *time.Timer
}

func newBatcher[Q proto.Message, R any](one func(context.Context, Q) (R, error), all func(context.Context, []Q) ([]outcome[R], *Error)) *batcher[Q, R] {
	return &batcher[Q, R]{one: one, all: all}
}

// Waits for the outcome of a call in a batch, or for its own end.
func (b *batcher[Q, R]) do(ctx context.Context, deadline time.Duration, request Q) (R, error) {
	ctx, cancel := within(ctx, deadline)
	defer cancel()
	// Ends with the call, however long its caller's context lasts: see latest.
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	var none R
	if err := ctx.Err(); err != nil {
		return none, errorOf(ctx, status.FromContextError(err).Err())
	}
	call := &waiting[Q, R]{ctx, request, make(chan outcome[R], 1)}
	b.add(call)
	select {
	case <-ctx.Done():
		return none, errorOf(ctx, status.FromContextError(ctx.Err()).Err())
	case got := <-call.done:
		switch {
		case got.alone:
			return b.one(ctx, request)
		case got.err != nil:
			return none, got.err
		}
		return got.response, nil
	}
}

func (b *batcher[Q, R]) add(call *waiting[Q, R]) {
	size := proto.Size(call.request)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.bytes+size > mostBytes {
		b.send()
	}
	b.calls, b.bytes = append(b.calls, call), b.bytes+size
	if len(b.calls) == mostItems {
		b.send()
	} else if len(b.calls) == 1 {
		b.pending = time.AfterFunc(batchWindow, func() {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.send()
		})
	}
}

// Begins to send what has been collected; holds the mutex.
func (b *batcher[Q, R]) send() {
	if len(b.calls) == 0 {
		return
	}
	b.pending.Stop()
	calls := b.calls
	b.calls, b.bytes = nil, 0
	go b.run(calls)
}

func (b *batcher[Q, R]) run(calls []*waiting[Q, R]) {
	if len(calls) == 1 {
		calls[0].done <- outcome[R]{alone: true}
		return
	}
	ctx, cancel := latest(calls)
	defer cancel()
	requests := make([]Q, len(calls))
	for place, call := range calls {
		requests[place] = call.request
	}
	outcomes, err := b.all(ctx, requests)
	for place, call := range calls {
		switch {
		case err == nil && place < len(outcomes):
			call.done <- outcomes[place]
		case err == nil || err.Code == codes.Unimplemented || goAlone[err.Reason]:
			call.done <- outcome[R]{alone: true}
		default:
			call.done <- outcome[R]{err: err}
		}
	}
}

// A context that ends with the last of those of the calls: at their latest deadline, or when all callers have left.
func latest[Q, R any](calls []*waiting[Q, R]) (context.Context, context.CancelFunc) {
	var end time.Time
	for _, call := range calls {
		if deadline, _ := call.ctx.Deadline(); deadline.After(end) {
			end = deadline
		}
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(calls[0].ctx), end)
	var left sync.WaitGroup
	for _, call := range calls {
		left.Add(1)
		context.AfterFunc(call.ctx, left.Done)
	}
	go func() {
		left.Wait()
		cancel()
	}()
	return ctx, cancel
}

// The outcome of an item that failed.
func itemOutcome[R any](failed *otpv1.ItemError, requestID string) outcome[R] {
	code := codes.Code(failed.GetCode())
	// A separate call would be retried.
	if code == codes.Unavailable {
		return outcome[R]{alone: true}
	}
	e := &Error{
		Code: code, Message: failed.GetMessage(), Reason: failed.GetReason(), RequestID: requestID,
		RetryDelay: failed.GetRetryAfter().AsDuration(), status: status.New(code, failed.GetMessage()),
	}
	for _, violation := range failed.GetViolations() {
		e.FieldViolations = append(e.FieldViolations, FieldViolation{violation.GetField(), violation.GetDescription()})
	}
	return outcome[R]{err: e}
}

// A result of an item, of either kind of batch.
type result[R any] interface {
	GetResponse() R
	GetError() *otpv1.ItemError
}

func outcomesOf[T result[R], R any](results []T, header metadata.MD) []outcome[R] {
	requestID := ""
	if ids := header.Get("x-request-id"); len(ids) > 0 {
		requestID = ids[0]
	}
	outcomes := make([]outcome[R], len(results))
	for place, result := range results {
		if failed := result.GetError(); failed != nil {
			outcomes[place] = itemOutcome[R](failed, requestID)
		} else {
			outcomes[place].response = result.GetResponse()
		}
	}
	return outcomes
}

func (c *Client) verifyOne(ctx context.Context, request *otpv1.VerifyRequest) (*otpv1.VerifyResponse, error) {
	return call(ctx, c.deadline, c.stub.Verify, request, nil)
}

func (c *Client) verifyAll(ctx context.Context, requests []*otpv1.VerifyRequest) ([]outcome[*otpv1.VerifyResponse], *Error) {
	var header metadata.MD
	response, err := c.stub.BatchVerify(ctx, &otpv1.BatchVerifyRequest{Requests: requests}, grpc.Header(&header))
	if err != nil {
		return nil, errorOf(ctx, err)
	}
	return outcomesOf(response.GetResults(), header), nil
}

func (c *Client) tokenOne(ctx context.Context, request *otpv1.TokenRequest) (*otpv1.TokenResponse, error) {
	return call(ctx, c.deadline, c.stub.Token, request, nil)
}

func (c *Client) tokenAll(ctx context.Context, requests []*otpv1.TokenRequest) ([]outcome[*otpv1.TokenResponse], *Error) {
	var header metadata.MD
	response, err := c.stub.BatchToken(ctx, &otpv1.BatchTokenRequest{Requests: requests}, grpc.Header(&header))
	if err != nil {
		return nil, errorOf(ctx, err)
	}
	return outcomesOf(response.GetResults(), header), nil
}
