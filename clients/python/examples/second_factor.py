"""A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code."""

import os

import otpd
from otpd import OtpClient, v1


def run(client: OtpClient) -> None:
    # Derived from the user at each call, and not stored beside the blob.
    user = b"user-1/totp/1"
    enrolment = client.generate(
        v1.GenerateRequest(
            issuer="ACME",
            account_name="alice@example.com",
            # With SEALED the secret would be in the QR code alone, and this program could not play the app.
            delivery=v1.SECRET_DELIVERY_BOTH,
            sealed_context=user,
        )
    )
    print("show as a QR code:", enrolment.uri)

    # The user would read it off the app.
    code = client.token(v1.TokenRequest(key=otpd.secret(enrolment.secret))).token.code
    pending = otpd.sealed(enrolment.sealed.blob, user)
    confirmed = client.verify(v1.VerifyRequest(key=pending, code=code, confirm=True))
    print("enrolled:", v1.VerifyStatus.Name(confirmed.status))

    # The database keeps these from here on.
    stored = confirmed.resealed.blob
    login = client.verify(v1.VerifyRequest(key=otpd.sealed(stored, user), code=code))
    print("the same code again:", v1.VerifyStatus.Name(login.status))

    recovery = client.generate_recovery_codes(v1.GenerateRecoveryCodesRequest(sealed_context=user))
    codes = v1.RecoveryCodeSet(blob=recovery.set.blob, context=user)
    answer = client.verify_recovery_code(v1.VerifyRecoveryCodeRequest(set=codes, code=recovery.codes[0]))
    print("a recovery code:", v1.VerifyStatus.Name(answer.status), "with", answer.remaining_count, "left")


with OtpClient(os.environ["OTPD_ADDRESS"], os.environ["OTPD_API_KEY"], plaintext=True) as otp:
    run(otp)
