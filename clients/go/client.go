// Package otpd calls otpd, the one-time-password service: one connection, an API key and a deadline on every call, retries that are
// safe, and errors with their details taken out.
//
// Requests and responses are the generated messages of [otpd.dev/go/pb/otp/v1], where every field is documented.
package otpd

import (
	"context"
	"io"
	"iter"
	"time"

	"google.golang.org/grpc"

	otpv1 "otpd.dev/go/pb/otp/v1"
)

// DefaultDeadline bounds a call, including its retries, if its context has no deadline.
const DefaultDeadline = 5 * time.Second

// MaxDeadline is the longest that [WithDeadline] takes. A context may have any deadline.
const MaxDeadline = 24 * time.Hour

// Client calls one otpd service. It is safe for concurrent use: make one, and keep it. A failure of any call is an [*Error], and a nil request
// stands for an empty one.
type Client struct {
	connection *grpc.ClientConn
	stub       otpv1.OtpServiceClient
	deadline   time.Duration
	verifies   *batcher[*otpv1.VerifyRequest, *otpv1.VerifyResponse]
	tokens     *batcher[*otpv1.TokenRequest, *otpv1.TokenResponse]
}

// Connect makes a client for the service at address, "host:port", over TLS with the authorities of the system. The calls go in turn to all the
// servers that the name of the host has.
//
// The connection is opened by the first call, and again whenever it is lost. Close the client when done.
//
// An error names the argument or the option that cannot be used: nothing has been connected or sent then.
func Connect(address, apiKey string, options ...Option) (*Client, error) {
	connection, s, err := connect(address, apiKey, options)
	if err != nil {
		return nil, err
	}
	c := &Client{connection: connection, stub: otpv1.NewOtpServiceClient(connection), deadline: s.deadline}
	if s.batching {
		c.verifies = newBatcher(c.verifyOne, c.verifyAll)
		c.tokens = newBatcher(c.tokenOne, c.tokenAll)
	}
	return c, nil
}

// Close ends the connection and every call on it; calls after it fail with Canceled.
func (c *Client) Close() error { return c.connection.Close() }

// Generate makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
//
// The server keeps nothing: store the secret yourself, encrypted, or ask for a sealed key by the request's delivery. It fails with Unimplemented
// if a sealed key was asked for and the server is too old to make one: then store nothing.
func (c *Client) Generate(ctx context.Context, request *otpv1.GenerateRequest, options ...grpc.CallOption) (*otpv1.GenerateResponse, error) {
	response, err := call(ctx, c.deadline, c.stub.Generate, request, options)
	if err != nil {
		return nil, err
	}
	return sealedAsAsked(request, response)
}

// Token gives the code of a key at a moment, now by default, and its neighbours on request.
func (c *Client) Token(ctx context.Context, request *otpv1.TokenRequest, options ...grpc.CallOption) (*otpv1.TokenResponse, error) {
	if c.tokens != nil && len(options) == 0 && request != nil {
		return c.tokens.do(ctx, c.deadline, request)
	}
	return call(ctx, c.deadline, c.stub.Token, request, options)
}

// Verify says whether a code is right, now, and for the first time: look at the status of the response.
//
// A request without a request id is sent with a new one, the same in every retry, so that a lost answer is not taken for a replay.
func (c *Client) Verify(ctx context.Context, request *otpv1.VerifyRequest, options ...grpc.CallOption) (*otpv1.VerifyResponse, error) {
	request = withRequestID(request)
	// A batch takes neither a confirmation nor alternatives.
	if c.verifies != nil && len(options) == 0 && !request.GetConfirm() && len(request.GetAlternatives()) == 0 {
		return c.verifies.do(ctx, c.deadline, request)
	}
	return call(ctx, c.deadline, c.stub.Verify, request, options)
}

// BatchToken gives the codes of 1 to 100 keys: a result for each request, in their order, with a response or an error.
func (c *Client) BatchToken(ctx context.Context, request *otpv1.BatchTokenRequest, options ...grpc.CallOption) (*otpv1.BatchTokenResponse, error) {
	return call(ctx, c.deadline, c.stub.BatchToken, request, options)
}

// BatchVerify checks 1 to 100 codes, each as [Client.Verify] does: a result for each request, in their order, with a response or an error.
func (c *Client) BatchVerify(ctx context.Context, request *otpv1.BatchVerifyRequest, options ...grpc.CallOption) (*otpv1.BatchVerifyResponse, error) {
	requests := make([]*otpv1.VerifyRequest, len(request.GetRequests()))
	for place, one := range request.GetRequests() {
		requests[place] = withRequestID(one)
	}
	return call(ctx, c.deadline, c.stub.BatchVerify, &otpv1.BatchVerifyRequest{Requests: requests}, options)
}

// ResyncHotp finds the counter of a HOTP device again that has run ahead, by two or three codes in a row. A request id is made as in
// [Client.Verify].
func (c *Client) ResyncHotp(ctx context.Context, request *otpv1.ResyncHotpRequest, options ...grpc.CallOption) (*otpv1.ResyncHotpResponse, error) {
	return call(ctx, c.deadline, c.stub.ResyncHotp, withRequestID(request), options)
}

// GetUsage gives how much of its plan the API key has used, for each window. It costs no credits.
func (c *Client) GetUsage(ctx context.Context, options ...grpc.CallOption) (*otpv1.GetUsageResponse, error) {
	return call(ctx, c.deadline, c.stub.GetUsage, nil, options)
}

// WatchToken gives the current code of a TOTP key at once, then each next one as its step begins.
//
// It goes on until the loop is left, the context ends, or a call fails, which the last pair says with an [*Error]. The deadline is the
// context's alone.
func (c *Client) WatchToken(ctx context.Context, request *otpv1.WatchTokenRequest, options ...grpc.CallOption) iter.Seq2[*otpv1.WatchTokenResponse, error] {
	return func(yield func(*otpv1.WatchTokenResponse, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		if request == nil {
			request = &otpv1.WatchTokenRequest{}
		}
		stream, err := c.stub.WatchToken(ctx, request, options...)
		for err == nil {
			var response *otpv1.WatchTokenResponse
			if response, err = stream.Recv(); err == nil && !yield(response, nil) {
				return
			}
		}
		if err != io.EOF {
			yield(nil, errorOf(ctx, err))
		}
	}
}
