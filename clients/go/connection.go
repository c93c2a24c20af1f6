package otpd

import (
	_ "embed"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// Which methods are retried, when, and how often, and that calls go to all servers of a name in turn: the same for the clients of every language.
//
//go:embed service_config.json
var serviceConfig string

func connect(address, apiKey string, options []Option) (*grpc.ClientConn, settings, error) {
	s := settings{deadline: DefaultDeadline}
	for _, option := range options {
		option(&s)
	}
	if err := check(address, apiKey, s); err != nil {
		return nil, s, err
	}
	var transport credentials.TransportCredentials
	if s.plaintext {
		transport = insecure.NewCredentials()
	} else {
		transport = credentials.NewTLS(s.tls)
	}
	dialOptions := append(s.dialOptions,
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
	connection, err := grpc.NewClient(address, dialOptions...)
	if err != nil {
		return nil, s, fmt.Errorf("otpd: %w", err)
	}
	return connection, s, nil
}
