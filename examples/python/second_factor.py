"""The second factor of a user: the calls of otpd, and what a database would keep. docs/guide.md explains each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import NamedTuple

from otpd import OtpClient, v1

from users import User


class Pending(NamedTuple):
    """An enrolment that is not confirmed: the session keeps it."""

    blob: str
    generation: int


class Enrolment(NamedTuple):
    pending: Pending
    picture: str
    """A `data:` URI."""
    uri: str


@dataclass
class Factor:
    """A row of the table `second_factors`."""

    sealed_key: str
    last_step: int
    recovery_set: str = ""
    recovery_generation: int = 0


# Plaintext is for a server on this machine: leave it out to use TLS.
_otpd = OtpClient(os.environ.get("OTPD_ADDRESS", "127.0.0.1:50051"), os.environ["OTPD_API_KEY"], plaintext=True)
_factors: dict[int, Factor] = {}


def has_factor(user: User) -> bool:
    return user.id in _factors


def begin(user: User) -> Enrolment:
    """Begins an enrolment. The picture and the URI hold the secret: they are shown once, and kept nowhere."""
    generation = user.totp_generation + 1
    key = _otpd.generate(
        v1.GenerateRequest(
            issuer="ACME",
            account_name=user.name,
            delivery=v1.SECRET_DELIVERY_SEALED,
            sealed_context=_context(user, "totp", generation),
        )
    )
    if not key.HasField("sealed"):
        raise RuntimeError("otpd made no sealed key")
    return Enrolment(Pending(key.sealed.blob, generation), key.qr_code.data_uri, key.uri)


def confirm(user: User, pending: Pending, code: str, request_id: str) -> v1.VerifyResponse:
    """Checks the first code of a new app. Only an accepted one turns the second factor on."""
    key = _sealed_key(pending.blob, _context(user, "totp", pending.generation))
    answer = _otpd.verify(v1.VerifyRequest(key=key, code=code, confirm=True, request_id=request_id))
    if answer.status == v1.VERIFY_STATUS_ACCEPTED and answer.HasField("resealed"):
        old = _factors.get(user.id, Factor("", 0))
        user.totp_generation = pending.generation
        _factors[user.id] = Factor(
            answer.resealed.blob, answer.matched_step, old.recovery_set, old.recovery_generation
        )
    return answer


def check(user: User, code: str, request_id: str) -> v1.VerifyResponse:
    """Checks a code at login. The user may pass if, and only if, the status is ACCEPTED."""
    factor = _factors[user.id]
    key = _sealed_key(factor.sealed_key, _context(user, "totp", user.totp_generation))
    answer = _otpd.verify(
        v1.VerifyRequest(key=key, code=code, after_step=factor.last_step, request_id=request_id)
    )
    if answer.status == v1.VERIFY_STATUS_ACCEPTED:
        factor.last_step = answer.matched_step
        # otpd hands over a new blob when its sealing keys were rotated.
        if answer.HasField("resealed"):
            factor.sealed_key = answer.resealed.blob
    return answer


def renew_recovery_codes(user: User) -> list[str]:
    """Makes new recovery codes, to show once. Codes of the previous set stop working when that is revoked."""
    factor = _factors[user.id]
    generation = factor.recovery_generation + 1
    made = _otpd.generate_recovery_codes(
        v1.GenerateRecoveryCodesRequest(sealed_context=_context(user, "recovery", generation))
    )
    old = v1.RecoveryCodeSet(blob=factor.recovery_set, context=_context(user, "recovery", generation - 1))
    factor.recovery_set, factor.recovery_generation = made.set.blob, generation
    if old.blob:
        _otpd.revoke_recovery_codes(v1.RevokeRecoveryCodesRequest(set=old))
    return list(made.codes)


def recover(user: User, code: str, request_id: str) -> v1.VerifyRecoveryCodeResponse:
    """Checks a recovery code. It lets the user in once, and does not change the second factor."""
    factor = _factors[user.id]
    context = _context(user, "recovery", factor.recovery_generation)
    codes = v1.RecoveryCodeSet(blob=factor.recovery_set, context=context)
    return _otpd.verify_recovery_code(
        v1.VerifyRecoveryCodeRequest(set=codes, code=code, request_id=request_id)
    )


def _context(user: User, use: str, generation: int) -> bytes:
    """The text that a blob is bound to: built from the user at each call, and not stored beside the blob."""
    return f"user-{user.id}/{use}/{generation}".encode()


def _sealed_key(blob: str, context: bytes) -> v1.Key:
    return v1.Key(sealed=v1.SealedKey(blob=blob, context=context))
