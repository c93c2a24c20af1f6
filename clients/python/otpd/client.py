"""The client for threads: each call of `otp.v1.OtpService` as a method."""

from __future__ import annotations

from collections.abc import Generator

import grpc

from .caller import Caller
from .connection import OnHeaders, checked_timeout, headers_of
from .requests import sealed_as_asked, with_request_id, with_request_ids
from .v1 import (
    BatchTokenRequest,
    BatchTokenResponse,
    BatchVerifyRequest,
    BatchVerifyResponse,
    ExportKeysRequest,
    ExportKeysResponse,
    GenerateRecoveryCodesRequest,
    GenerateRecoveryCodesResponse,
    GenerateRequest,
    GenerateResponse,
    GetUsageRequest,
    GetUsageResponse,
    ImportKeysRequest,
    ImportKeysResponse,
    ResyncHotpRequest,
    ResyncHotpResponse,
    RevokeRecoveryCodesRequest,
    RevokeRecoveryCodesResponse,
    RewrapRequest,
    RewrapResponse,
    SealRequest,
    SealResponse,
    TokenRequest,
    TokenResponse,
    VerifyRecoveryCodeRequest,
    VerifyRecoveryCodeResponse,
    VerifyRequest,
    VerifyResponse,
    WatchTokenRequest,
    WatchTokenResponse,
)
from .v1.otp_service_pb2_grpc import OtpServiceStub


class OtpClient(Caller[OtpServiceStub]):
    """Calls otpd over one connection, which is made at the first call; may be shared by threads.

    with OtpClient("otp.example.com:443", api_key) as client:
        answer = client.verify(v1.VerifyRequest(key=otpd.secret(secret), code=code))

    Calls that find the server unavailable are tried up to four times, with pauses that grow from 0.1 s or as the server asks. A method fails
    with `OtpError`. `timeout` is the time in seconds for a call with all its tries, above 0 and at most 86,400 (24 hours): another one is a
    `ValueError`. `on_headers` is told of the headers of the answer, such as `x-ratelimit-remaining`.
    """

    @staticmethod
    def _stub_of(channel: grpc.Channel) -> OtpServiceStub:
        return OtpServiceStub(channel)

    def generate(
        self, request: GenerateRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GenerateResponse:
        """Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.

        The server keeps nothing: store the secret yourself, encrypted, or ask for a sealed key by the request's `delivery`. It fails with
        UNIMPLEMENTED if a sealed key was asked for and the server is too old to make one: then nothing is to be stored.
        """
        response = self._call(self._stub.Generate, request, timeout, on_headers)
        return sealed_as_asked(request, response)

    def token(
        self, request: TokenRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> TokenResponse:
        """Gives the code of a key at a moment, now by default, and its neighbours on request."""
        return self._call(self._stub.Token, request, timeout, on_headers)

    def verify(
        self, request: VerifyRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> VerifyResponse:
        """Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).

        Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
        """
        return self._call(self._stub.Verify, with_request_id(request), timeout, on_headers)

    def batch_token(
        self, request: BatchTokenRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> BatchTokenResponse:
        """Gives the codes of 1 to 100 keys: a result for each request, in their order, with a `response` or an `error`."""
        return self._call(self._stub.BatchToken, request, timeout, on_headers)

    def batch_verify(
        self, request: BatchVerifyRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> BatchVerifyResponse:
        """Checks 1 to 100 codes, each as `verify` does: a result for each request, in their order, with a `response` or an `error`."""
        return self._call(self._stub.BatchVerify, with_request_ids(request), timeout, on_headers)

    def resync_hotp(
        self, request: ResyncHotpRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ResyncHotpResponse:
        """Finds the counter of a HOTP device that has run ahead, by two or three codes in a row. A `request_id` is made as in `verify`."""
        return self._call(self._stub.ResyncHotp, with_request_id(request), timeout, on_headers)

    def generate_recovery_codes(
        self, request: GenerateRecoveryCodesRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GenerateRecoveryCodesResponse:
        """Makes recovery codes, to be shown to the user this once, and the set of them to store."""
        return self._call(self._stub.GenerateRecoveryCodes, request, timeout, on_headers)

    def verify_recovery_code(
        self, request: VerifyRecoveryCodeRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> VerifyRecoveryCodeResponse:
        """Says whether a recovery code is one of a set, and used for the first time. A `request_id` is made as in `verify`."""
        return self._call(self._stub.VerifyRecoveryCode, with_request_id(request), timeout, on_headers)

    def revoke_recovery_codes(
        self, request: RevokeRecoveryCodesRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> RevokeRecoveryCodesResponse:
        """Revokes a set of recovery codes for ever."""
        return self._call(self._stub.RevokeRecoveryCodes, request, timeout, on_headers)

    def seal(
        self, request: SealRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> SealResponse:
        """Seals 1 to 100 keys that you have as secrets or URIs, or binds sealed keys to another context: a result for each."""
        return self._call(self._stub.Seal, request, timeout, on_headers)

    def rewrap(
        self, request: RewrapRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> RewrapResponse:
        """Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: a result for each."""
        return self._call(self._stub.Rewrap, request, timeout, on_headers)

    def import_keys(
        self, request: ImportKeysRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ImportKeysResponse:
        """Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: a result for each."""
        return self._call(self._stub.ImportKeys, request, timeout, on_headers)

    def export_keys(
        self, request: ExportKeysRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ExportKeysResponse:
        """Gives the secrets of up to 100 keys, sealed ones too, as URIs: a result for each."""
        return self._call(self._stub.ExportKeys, request, timeout, on_headers)

    def get_usage(
        self, request: GetUsageRequest | None = None, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GetUsageResponse:
        """Gives how much of its plan the API key has used, for each window. It costs no credits."""
        return self._call(self._stub.GetUsage, request or GetUsageRequest(), timeout, on_headers)

    def watch_token(
        self, request: WatchTokenRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> Generator[WatchTokenResponse, None, None]:
        """Yields the current code of a TOTP key at once, then each next one as its step begins.

        The call opens with the first item, and ends with the loop over it, with `close()` of the generator or of the client, or after `timeout`,
        which is unlimited by default. It is not retried.
        """
        limit = None if timeout is None else checked_timeout(timeout)
        with self._failures():
            call = self._stub.WatchToken(request, timeout=limit, metadata=self._metadata)
            try:
                if on_headers is not None:
                    on_headers(headers_of(call.initial_metadata()))
                yield from call
            finally:
                call.cancel()
