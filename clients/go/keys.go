package otpd

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	otpv1 "otpd.dev/go/pb/otp/v1"
)

// Secret is a TOTP key with the defaults of authenticator apps (SHA-1, 6 digits, 30 s) and a secret in base32. Set other fields of it for others.
func Secret(secret string) *otpv1.Key {
	return &otpv1.Key{Source: &otpv1.Key_Secret{Secret: secret}}
}

// URI is the key of an otpauth URI.
func URI(uri string) *otpv1.Key { return &otpv1.Key{Source: &otpv1.Key_Uri{Uri: uri}} }

// Sealed is a sealed key, with the context that it is bound to: derived from the user at each call, and not stored beside the blob.
func Sealed(blob string, context []byte) *otpv1.Key {
	return &otpv1.Key{Source: &otpv1.Key_Sealed{Sealed: &otpv1.SealedKey{Blob: blob, Context: context}}}
}

// Seal seals 1 to 100 keys that the caller has as secrets or URIs, or binds sealed keys to another context: an outcome for each.
func (c *Client) Seal(ctx context.Context, request *otpv1.SealRequest, options ...grpc.CallOption) (*otpv1.SealResponse, error) {
	return call(ctx, c.deadline, c.stub.Seal, request, options)
}

// Rewrap seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: an outcome for each.
func (c *Client) Rewrap(ctx context.Context, request *otpv1.RewrapRequest, options ...grpc.CallOption) (*otpv1.RewrapResponse, error) {
	return call(ctx, c.deadline, c.stub.Rewrap, request, options)
}

// ImportKeys reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: an outcome for each.
func (c *Client) ImportKeys(ctx context.Context, request *otpv1.ImportKeysRequest, options ...grpc.CallOption) (*otpv1.ImportKeysResponse, error) {
	return call(ctx, c.deadline, c.stub.ImportKeys, request, options)
}

// ExportKeys gives the secrets of up to 100 keys, sealed ones too, as URIs: an outcome for each.
func (c *Client) ExportKeys(ctx context.Context, request *otpv1.ExportKeysRequest, options ...grpc.CallOption) (*otpv1.ExportKeysResponse, error) {
	return call(ctx, c.deadline, c.stub.ExportKeys, request, options)
}

// GenerateRecoveryCodes makes recovery codes, to be shown to the user this once, and the set of them to store.
func (c *Client) GenerateRecoveryCodes(ctx context.Context, request *otpv1.GenerateRecoveryCodesRequest, options ...grpc.CallOption) (*otpv1.GenerateRecoveryCodesResponse, error) {
	return call(ctx, c.deadline, c.stub.GenerateRecoveryCodes, request, options)
}

// VerifyRecoveryCode says whether a recovery code is one of a set, and used for the first time. A request id is made as in [Client.Verify].
func (c *Client) VerifyRecoveryCode(ctx context.Context, request *otpv1.VerifyRecoveryCodeRequest, options ...grpc.CallOption) (*otpv1.VerifyRecoveryCodeResponse, error) {
	return call(ctx, c.deadline, c.stub.VerifyRecoveryCode, withRequestID(request), options)
}

// RevokeRecoveryCodes revokes a set of recovery codes for ever.
func (c *Client) RevokeRecoveryCodes(ctx context.Context, request *otpv1.RevokeRecoveryCodesRequest, options ...grpc.CallOption) (*otpv1.RevokeRecoveryCodesResponse, error) {
	return call(ctx, c.deadline, c.stub.RevokeRecoveryCodes, request, options)
}

// A server that does not know `delivery` takes no notice of it, and its answer has a secret in the clear alone.
func sealedAsAsked(request *otpv1.GenerateRequest, response *otpv1.GenerateResponse) (*otpv1.GenerateResponse, error) {
	switch request.GetDelivery() {
	case otpv1.SecretDelivery_SECRET_DELIVERY_SEALED, otpv1.SecretDelivery_SECRET_DELIVERY_BOTH:
		if response.GetSealed() == nil {
			return nil, errorOf(nil, status.Error(codes.Unimplemented, "the server is too old to seal keys: update it, and store nothing of this answer"))
		}
	}
	return response, nil
}
