package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"otpd.dev/go"
	otpv1 "otpd.dev/go/pb/otp/v1"
)

// factors is the second factor of each user: the calls of otpd, and what a database would keep. docs/guide.md explains each.
type factors struct {
	otpd *otpd.Client
	mu   sync.Mutex
	rows map[int]factor
}

// factor is a row of the table second_factors.
type factor struct {
	sealedKey          string
	lastStep           *uint64
	recoverySet        string
	recoveryGeneration int
}

// pending is an enrolment that is not confirmed: the session keeps it.
type pending struct {
	blob       string
	generation int
}

type enrolment struct {
	pending pending
	picture string // a data: URI
	uri     string
}

func (f *factors) has(u *user) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, has := f.rows[u.id]
	return has
}

// begin begins an enrolment. The picture and the URI hold the secret: they are shown once, and kept nowhere.
func (f *factors) begin(ctx context.Context, u *user) (enrolment, error) {
	generation := f.generation(u) + 1
	key, err := f.otpd.Generate(ctx, &otpv1.GenerateRequest{
		Issuer:        "ACME",
		AccountName:   u.name,
		Delivery:      otpv1.SecretDelivery_SECRET_DELIVERY_SEALED,
		SealedContext: contextOf(u, "totp", generation),
	})
	if err != nil {
		return enrolment{}, err
	}
	if key.GetSealed() == nil {
		return enrolment{}, errors.New("otpd made no sealed key")
	}
	return enrolment{pending{key.GetSealed().GetBlob(), generation}, key.GetQrCode().GetDataUri(), key.GetUri()}, nil
}

// confirm checks the first code of a new app. Only an accepted one turns the second factor on.
func (f *factors) confirm(ctx context.Context, u *user, p pending, code, requestID string) (*otpv1.VerifyResponse, error) {
	key := sealedKey(p.blob, contextOf(u, "totp", p.generation))
	answer, err := f.otpd.Verify(ctx, &otpv1.VerifyRequest{Key: key, Code: code, Confirm: true, RequestId: requestID})
	if err != nil || answer.GetStatus() != otpv1.VerifyStatus_VERIFY_STATUS_ACCEPTED || answer.GetResealed() == nil {
		return answer, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	row := f.rows[u.id]
	row.sealedKey, row.lastStep = answer.GetResealed().GetBlob(), answer.MatchedStep
	f.rows[u.id], u.totpGeneration = row, p.generation
	return answer, nil
}

// check checks a code at login. The user may pass if, and only if, the status is ACCEPTED.
func (f *factors) check(ctx context.Context, u *user, code, requestID string) (*otpv1.VerifyResponse, error) {
	row := f.row(u)
	answer, err := f.otpd.Verify(ctx, &otpv1.VerifyRequest{
		Key:       sealedKey(row.sealedKey, contextOf(u, "totp", f.generation(u))),
		Code:      code,
		AfterStep: row.lastStep,
		RequestId: requestID,
	})
	if err != nil || answer.GetStatus() != otpv1.VerifyStatus_VERIFY_STATUS_ACCEPTED {
		return answer, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	// Another login may have stored a newer blob meanwhile.
	if now := f.rows[u.id]; now.sealedKey == row.sealedKey {
		now.lastStep = answer.MatchedStep
		// otpd hands over a new blob when its sealing keys were rotated.
		if answer.GetResealed() != nil {
			now.sealedKey = answer.GetResealed().GetBlob()
		}
		f.rows[u.id] = now
	}
	return answer, nil
}

// renewRecoveryCodes makes new recovery codes, to show once. Codes of the previous set stop working when that is revoked.
func (f *factors) renewRecoveryCodes(ctx context.Context, u *user) ([]string, error) {
	old := f.row(u)
	generation := old.recoveryGeneration + 1
	made, err := f.otpd.GenerateRecoveryCodes(ctx, &otpv1.GenerateRecoveryCodesRequest{
		SealedContext: contextOf(u, "recovery", generation),
	})
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	row := f.rows[u.id]
	row.recoverySet, row.recoveryGeneration = made.GetSet().GetBlob(), generation
	f.rows[u.id] = row
	f.mu.Unlock()
	if old.recoverySet != "" {
		set := &otpv1.RecoveryCodeSet{Blob: old.recoverySet, Context: contextOf(u, "recovery", old.recoveryGeneration)}
		if _, err := f.otpd.RevokeRecoveryCodes(ctx, &otpv1.RevokeRecoveryCodesRequest{Set: set}); err != nil {
			return nil, err
		}
	}
	return made.GetCodes(), nil
}

// recover checks a recovery code. It lets the user in once, and does not change the second factor.
func (f *factors) recover(ctx context.Context, u *user, code, requestID string) (*otpv1.VerifyRecoveryCodeResponse, error) {
	row := f.row(u)
	set := &otpv1.RecoveryCodeSet{Blob: row.recoverySet, Context: contextOf(u, "recovery", row.recoveryGeneration)}
	return f.otpd.VerifyRecoveryCode(ctx, &otpv1.VerifyRecoveryCodeRequest{Set: set, Code: code, RequestId: requestID})
}

func (f *factors) row(u *user) factor {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows[u.id]
}

func (f *factors) generation(u *user) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return u.totpGeneration
}

// contextOf is what a blob is bound to: built from the user at each call, and not stored beside the blob.
func contextOf(u *user, use string, generation int) []byte {
	return fmt.Appendf(nil, "user-%d/%s/%d", u.id, use, generation)
}

func sealedKey(blob string, context []byte) *otpv1.Key {
	return &otpv1.Key{Source: &otpv1.Key_Sealed{Sealed: &otpv1.SealedKey{Blob: blob, Context: context}}}
}
