// A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"otpd.dev/go"
	otpv1 "otpd.dev/go/pb/otp/v1"
)

func main() {
	client, err := otpd.Connect(os.Getenv("OTPD_ADDRESS"), os.Getenv("OTPD_API_KEY"), otpd.WithPlaintext())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := run(context.Background(), client); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, client *otpd.Client) error {
	// Derived from the user at each call, and not stored beside the blob.
	user := []byte("user-1/totp/1")
	enrolment, err := client.Generate(ctx, &otpv1.GenerateRequest{
		Issuer: "ACME", AccountName: "alice@example.com",
		// SEALED is for products: the secret comes along here to play the user's app.
		Delivery: otpv1.SecretDelivery_SECRET_DELIVERY_BOTH, SealedContext: user,
	})
	if err != nil {
		return err
	}
	fmt.Println("show as a QR code:", enrolment.GetUri())

	// The user would read it off the app.
	shown, err := client.Token(ctx, &otpv1.TokenRequest{Key: otpd.Secret(enrolment.GetSecret())})
	if err != nil {
		return err
	}
	code := shown.GetToken().GetCode()
	confirmed, err := client.Verify(ctx, &otpv1.VerifyRequest{Key: otpd.Sealed(enrolment.GetSealed().GetBlob(), user), Code: code, Confirm: true})
	if err != nil {
		return err
	}
	fmt.Println("enrolled:", confirmed.GetStatus())

	// The database keeps these from here on.
	stored := confirmed.GetResealed().GetBlob()
	login, err := client.Verify(ctx, &otpv1.VerifyRequest{Key: otpd.Sealed(stored, user), Code: code})
	if err != nil {
		return err
	}
	fmt.Println("the same code again:", login.GetStatus())

	recovery, err := client.GenerateRecoveryCodes(ctx, &otpv1.GenerateRecoveryCodesRequest{SealedContext: user})
	if err != nil {
		return err
	}
	set := &otpv1.RecoveryCodeSet{Blob: recovery.GetSet().GetBlob(), Context: user}
	answer, err := client.VerifyRecoveryCode(ctx, &otpv1.VerifyRecoveryCodeRequest{Set: set, Code: recovery.GetCodes()[0]})
	if err != nil {
		return err
	}
	fmt.Println("a recovery code:", answer.GetStatus(), "with", answer.GetRemainingCount(), "left")
	return nil
}
