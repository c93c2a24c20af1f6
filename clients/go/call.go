package otpd

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Sends a request within the deadline, unless the context has a deadline. nil stands for an empty request.
func call[Q, R any](
	ctx context.Context, deadline time.Duration,
	method func(context.Context, *Q, ...grpc.CallOption) (*R, error), request *Q, options []grpc.CallOption,
) (*R, error) {
	ctx, cancel := within(ctx, deadline)
	defer cancel()
	if request == nil {
		request = new(Q)
	}
	response, err := method(ctx, request, options...)
	if err != nil {
		return nil, errorOf(ctx, err)
	}
	return response, nil
}

func within(ctx context.Context, deadline time.Duration) (context.Context, context.CancelFunc) {
	if _, set := ctx.Deadline(); set {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, deadline)
}

// A request that may be sent again once it has an id.
type identified[Q any] interface {
	*Q
	proto.Message
	GetRequestId() string
}

// The request, or a copy of it with a new request id if it has none.
func withRequestID[Q any, P identified[Q]](request P) P {
	if request.GetRequestId() != "" {
		return request
	}
	copied := P(new(Q))
	if request != nil {
		proto.Merge(copied, request)
	}
	fields := copied.ProtoReflect()
	fields.Set(fields.Descriptor().Fields().ByName("request_id"), protoreflect.ValueOfString(newUUID()))
	return copied
}

// A random UUID (RFC 9562 section 5.4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // Never fails: it ends the process instead.
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
