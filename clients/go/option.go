package otpd

import (
	"context"
	"crypto/tls"
	"time"

	"google.golang.org/grpc"
)

// Option changes how [Connect] connects.
type Option func(*settings)

type settings struct {
	tls       *tls.Config
	overTLS   bool // also if tls is nil
	plaintext bool
	deadline  time.Duration
	batching  bool

	dialOptions []grpc.DialOption
}

// WithTLS sets the authorities to trust (RootCAs) and the certificate to show for mutual TLS (Certificates), instead of the system's.
func WithTLS(config *tls.Config) Option { return func(s *settings) { s.tls, s.overTLS = config, true } }

// WithPlaintext connects without TLS: the API key, secrets and codes travel in the clear. For a server on the same machine, and not
// together with [WithTLS].
func WithPlaintext() Option { return func(s *settings) { s.plaintext = true } }

// WithDeadline replaces [DefaultDeadline]: above zero, and at most [MaxDeadline]. The server itself gives a call five seconds at most.
func WithDeadline(deadline time.Duration) Option { return func(s *settings) { s.deadline = deadline } }

// WithBatching sends calls of Verify and Token that come within a millisecond as one batch, invisibly: each has the answer, the error and the
// deadline that it would have alone. It costs the server half as much where many calls are under way, and a caller with few up to a millisecond
// each. Calls with a [grpc.CallOption] go alone, and so do those of Verify with alternatives or a confirmation.
func WithBatching() Option { return func(s *settings) { s.batching = true } }

// WithDialOptions adds options of grpc, such as interceptors. They cannot replace the API key and the retries, which the other options set.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dialOptions = append(s.dialOptions, options...) }
}

// The API key, attached to every call; grpc refuses to send it without TLS unless plaintext was asked for.
type perCall struct {
	apiKey string
	secure bool
}

func (p perCall) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"x-api-key": p.apiKey}, nil
}

func (p perCall) RequireTransportSecurity() bool { return p.secure }
