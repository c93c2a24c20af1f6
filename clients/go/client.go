// Package otpd calls otpd, the one-time-password service: one connection, an API key and a deadline on every call, retries that are
// safe, and errors with their details taken out.
//
// Requests and responses are the generated messages of [otpd.dev/go/pb/otp/v1], where every field is documented.
package otpd

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"io"
	"iter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"

	otpv1 "otpd.dev/go/pb/otp/v1"
)

// DefaultDeadline bounds a call, its retries included, whose context has no deadline of its own.
const DefaultDeadline = 5 * time.Second

// MaxDeadline is the longest that [WithDeadline] takes. A context may have any deadline.
const MaxDeadline = 24 * time.Hour

// Which methods are retried, when, and how often: the same for the clients of every language.
//
//go:embed service_config.json
var serviceConfig string

// Client calls one otpd service. It is safe for concurrent use: make one, and keep it.
type Client struct {
	connection *grpc.ClientConn
	stub       otpv1.OtpServiceClient
	deadline   time.Duration
}

// Connect makes a client for the service at address, "host:port", over TLS with the authorities of the system.
//
// The connection is opened by the first call, and again whenever it is lost. Close the client when done.
//
// An error names the argument or the option that cannot be used: nothing has been connected or sent then.
func Connect(address, apiKey string, options ...Option) (*Client, error) {
	s := settings{deadline: DefaultDeadline}
	for _, option := range options {
		option(&s)
	}
	if err := check(address, apiKey, s); err != nil {
		return nil, err
	}
	var transport credentials.TransportCredentials
	if s.plaintext {
		transport = insecure.NewCredentials()
	} else {
		transport = credentials.NewTLS(s.tls)
	}
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(transport),
		grpc.WithPerRPCCredentials(perCall{apiKey: apiKey, secure: !s.plaintext}),
		grpc.WithDefaultServiceConfig(serviceConfig),
		// The default above, and no look-up of another one in the DNS.
		grpc.WithDisableServiceConfig(),
		// The default first pause, 1 s, outlasts all the retries.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
			MinConnectTimeout: DefaultDeadline,
		}),
		// Notices that the peer of a stream has vanished without a word.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: 10 * time.Second}),
	)
	if err != nil {
		return nil, fmt.Errorf("otpd: %w", err)
	}
	return &Client{connection, otpv1.NewOtpServiceClient(connection), s.deadline}, nil
}

// Close ends the connection and every call on it.
func (c *Client) Close() error { return c.connection.Close() }

// Generate makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
//
// The server keeps nothing: store the secret yourself, encrypted. A failure is an [*Error].
func (c *Client) Generate(ctx context.Context, request *otpv1.GenerateRequest, options ...grpc.CallOption) (*otpv1.GenerateResponse, error) {
	return call(ctx, c.deadline, c.stub.Generate, request, options)
}

// Token gives the code of a key at a moment, now by default, and its neighbours on request. A failure is an [*Error].
func (c *Client) Token(ctx context.Context, request *otpv1.TokenRequest, options ...grpc.CallOption) (*otpv1.TokenResponse, error) {
	return call(ctx, c.deadline, c.stub.Token, request, options)
}

// Verify says whether a code is right, now, and for the first time: look at the status of the response. A failure is an [*Error].
//
// A request without a request id is sent with a new one, the same in every retry, so that a lost answer is not taken for a replay.
func (c *Client) Verify(ctx context.Context, request *otpv1.VerifyRequest, options ...grpc.CallOption) (*otpv1.VerifyResponse, error) {
	if request.GetRequestId() == "" {
		request = proto.CloneOf(request)
		request.RequestId = newUUID()
	}
	return call(ctx, c.deadline, c.stub.Verify, request, options)
}

// GenerateRecoveryCodes makes recovery codes, to be shown to the user this once, and the set of them to store. A failure is an [*Error].
func (c *Client) GenerateRecoveryCodes(ctx context.Context, request *otpv1.GenerateRecoveryCodesRequest, options ...grpc.CallOption) (*otpv1.GenerateRecoveryCodesResponse, error) {
	return call(ctx, c.deadline, c.stub.GenerateRecoveryCodes, request, options)
}

// VerifyRecoveryCode says whether a recovery code is one of a set, and used for the first time. A request id is made as in [Client.Verify]. A
// failure is an [*Error].
func (c *Client) VerifyRecoveryCode(ctx context.Context, request *otpv1.VerifyRecoveryCodeRequest, options ...grpc.CallOption) (*otpv1.VerifyRecoveryCodeResponse, error) {
	if request.GetRequestId() == "" {
		request = proto.CloneOf(request)
		request.RequestId = newUUID()
	}
	return call(ctx, c.deadline, c.stub.VerifyRecoveryCode, request, options)
}

// RevokeRecoveryCodes revokes a set of recovery codes for ever. A failure is an [*Error].
func (c *Client) RevokeRecoveryCodes(ctx context.Context, request *otpv1.RevokeRecoveryCodesRequest, options ...grpc.CallOption) (*otpv1.RevokeRecoveryCodesResponse, error) {
	return call(ctx, c.deadline, c.stub.RevokeRecoveryCodes, request, options)
}

// WatchToken gives the current code of a TOTP key at once, then each next one as its step begins.
//
// It goes on until the loop is left, the context ends, or a call fails, which the last pair says with an [*Error]. The deadline is the
// context's alone.
func (c *Client) WatchToken(ctx context.Context, request *otpv1.WatchTokenRequest, options ...grpc.CallOption) iter.Seq2[*otpv1.WatchTokenResponse, error] {
	return func(yield func(*otpv1.WatchTokenResponse, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := c.stub.WatchToken(ctx, request, options...)
		for err == nil {
			var response *otpv1.WatchTokenResponse
			if response, err = stream.Recv(); err == nil && !yield(response, nil) {
				return
			}
		}
		if err != io.EOF {
			yield(nil, errorOf(err))
		}
	}
}

func call[Q, R any](
	ctx context.Context, deadline time.Duration,
	method func(context.Context, *Q, ...grpc.CallOption) (*R, error), request *Q, options []grpc.CallOption,
) (*R, error) {
	if _, set := ctx.Deadline(); !set {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	response, err := method(ctx, request, options...)
	if err != nil {
		return nil, errorOf(err)
	}
	return response, nil
}

// A random UUID (RFC 9562 section 5.4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // Never fails: it ends the process instead.
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
