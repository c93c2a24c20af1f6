package otpd

import (
	"context"
	"time"

	"google.golang.org/grpc"

	adminv1 "otpd.dev/go/pb/otp/admin/v1"
)

// AdminClient administers API keys and locks, with an API key of the scope "admin". Its calls fail as those of a [Client] do.
type AdminClient struct {
	connection *grpc.ClientConn
	stub       adminv1.AdminServiceClient
	deadline   time.Duration
}

// ConnectAdmin makes a client of the administration; everything else is as [Connect] has it. [WithBatching] changes nothing.
func ConnectAdmin(address, apiKey string, options ...Option) (*AdminClient, error) {
	connection, s, err := connect(address, apiKey, options)
	if err != nil {
		return nil, err
	}
	return &AdminClient{connection, adminv1.NewAdminServiceClient(connection), s.deadline}, nil
}

// Close ends the connection and every call on it; calls after it fail with Canceled.
func (c *AdminClient) Close() error { return c.connection.Close() }

// CreateAPIKey makes an API key; its secret is in this answer alone.
func (c *AdminClient) CreateAPIKey(ctx context.Context, request *adminv1.CreateApiKeyRequest, options ...grpc.CallOption) (*adminv1.CreateApiKeyResponse, error) {
	return call(ctx, c.deadline, c.stub.CreateApiKey, request, options)
}

// GetAPIKey gets an API key.
func (c *AdminClient) GetAPIKey(ctx context.Context, request *adminv1.GetApiKeyRequest, options ...grpc.CallOption) (*adminv1.GetApiKeyResponse, error) {
	return call(ctx, c.deadline, c.stub.GetApiKey, request, options)
}

// ListAPIKeys lists API keys, oldest first: a page of them.
func (c *AdminClient) ListAPIKeys(ctx context.Context, request *adminv1.ListApiKeysRequest, options ...grpc.CallOption) (*adminv1.ListApiKeysResponse, error) {
	return call(ctx, c.deadline, c.stub.ListApiKeys, request, options)
}

// RotateAPIKey gives an API key a new secret. If the answer is lost, rotate again.
func (c *AdminClient) RotateAPIKey(ctx context.Context, request *adminv1.RotateApiKeyRequest, options ...grpc.CallOption) (*adminv1.RotateApiKeyResponse, error) {
	return call(ctx, c.deadline, c.stub.RotateApiKey, request, options)
}

// RevokeAPIKey revokes an API key for ever.
func (c *AdminClient) RevokeAPIKey(ctx context.Context, request *adminv1.RevokeApiKeyRequest, options ...grpc.CallOption) (*adminv1.RevokeApiKeyResponse, error) {
	return call(ctx, c.deadline, c.stub.RevokeApiKey, request, options)
}

// GetAPIKeyUsage gets how much of its plan an API key has used.
func (c *AdminClient) GetAPIKeyUsage(ctx context.Context, request *adminv1.GetApiKeyUsageRequest, options ...grpc.CallOption) (*adminv1.GetApiKeyUsageResponse, error) {
	return call(ctx, c.deadline, c.stub.GetApiKeyUsage, request, options)
}

// ListPlans lists the plans of the configuration.
func (c *AdminClient) ListPlans(ctx context.Context, options ...grpc.CallOption) (*adminv1.ListPlansResponse, error) {
	return call(ctx, c.deadline, c.stub.ListPlans, nil, options)
}

// ListSealingKeys lists the sealing keys, without the keys themselves.
func (c *AdminClient) ListSealingKeys(ctx context.Context, options ...grpc.CallOption) (*adminv1.ListSealingKeysResponse, error) {
	return call(ctx, c.deadline, c.stub.ListSealingKeys, nil, options)
}

// GetServerStatus gets how the process that answers is, and how it judged codes in the last hour.
func (c *AdminClient) GetServerStatus(ctx context.Context, options ...grpc.CallOption) (*adminv1.GetServerStatusResponse, error) {
	return call(ctx, c.deadline, c.stub.GetServerStatus, nil, options)
}

// GetAttempts gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock.
func (c *AdminClient) GetAttempts(ctx context.Context, request *adminv1.GetAttemptsRequest, options ...grpc.CallOption) (*adminv1.GetAttemptsResponse, error) {
	return call(ctx, c.deadline, c.stub.GetAttempts, request, options)
}

// UnlockAttempts lets the codes of a secret or a set of recovery codes be judged again.
func (c *AdminClient) UnlockAttempts(ctx context.Context, request *adminv1.UnlockAttemptsRequest, options ...grpc.CallOption) (*adminv1.UnlockAttemptsResponse, error) {
	return call(ctx, c.deadline, c.stub.UnlockAttempts, request, options)
}
