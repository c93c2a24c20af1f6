"""The client for asyncio: `otpd.OtpClient`, awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any

import grpc

from ..connection import OnHeaders, checked_timeout, headers_of
from ..requests import sealed_as_asked, with_request_id, with_request_ids
from ..v1 import (
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
from ..v1.otp_service_pb2_grpc import OtpServiceStub
from .batching import Batcher, Results
from .caller import Caller

if TYPE_CHECKING:
    # A class for type checkers alone.
    from ..v1.otp_service_pb2_grpc import OtpServiceAsyncStub


class OtpClient(Caller["OtpServiceAsyncStub"]):
    """Calls otpd as `otpd.OtpClient` does, from the event loop in which it was made.

    async with OtpClient("otp.example.com:443", api_key) as client:
        answer = await client.verify(v1.VerifyRequest(key=otpd.secret(secret), code=code))
    """

    def __init__(
        self,
        address: str,
        api_key: str,
        *,
        timeout: float = 5.0,
        root_certificates: bytes | None = None,
        client_certificate: tuple[bytes, bytes] | None = None,
        plaintext: bool = False,
        interceptors: Sequence[Any] = (),
        channel_options: Sequence[tuple[str, Any]] = (),
        batching: bool = False,
    ) -> None:
        """Prepares the connection: see `otpd.OtpClient`; the interceptors are those of `grpc.aio`.

        With `batching`, calls of `verify` and `token` that come within a millisecond go as one batch, invisibly: each has the answer, the error
        and the deadline that it would have alone. Calls with `on_headers` go alone, and so do those of `verify` with alternatives or a
        confirmation. It costs the server less where many calls are under way, and a caller with few up to a millisecond each.
        """
        super().__init__(
            address,
            api_key,
            timeout=timeout,
            root_certificates=root_certificates,
            client_certificate=client_certificate,
            plaintext=plaintext,
            interceptors=interceptors,
            channel_options=channel_options,
        )
        self._verifies = Batcher(self._verify_one, self._verify_all) if batching else None
        self._tokens = Batcher(self._token_one, self._token_all) if batching else None

    @staticmethod
    def _stub_of(channel: grpc.aio.Channel) -> OtpServiceAsyncStub:
        return OtpServiceStub(channel)

    async def generate(
        self, request: GenerateRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GenerateResponse:
        """Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again: see `otpd.OtpClient.generate`."""
        response = await self._call(self._stub.Generate, request, timeout, on_headers)
        return sealed_as_asked(request, response)

    async def token(
        self, request: TokenRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> TokenResponse:
        """Gives the code of a key at a moment, now by default, and its neighbours on request."""
        if self._tokens is None or on_headers is not None:
            return await self._call(self._stub.Token, request, timeout, on_headers)
        return await self._tokens.call(request, self._timeout if timeout is None else checked_timeout(timeout))

    async def verify(
        self, request: VerifyRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> VerifyResponse:
        """Says whether a code is right, now, and for the first time (RFC 6238 section 5.2): see `otpd.OtpClient.verify`."""
        request = with_request_id(request)
        # A batch takes neither a confirmation nor alternatives.
        if self._verifies is None or on_headers is not None or request.confirm or request.alternatives:
            return await self._call(self._stub.Verify, request, timeout, on_headers)
        return await self._verifies.call(request, self._timeout if timeout is None else checked_timeout(timeout))

    async def batch_token(
        self, request: BatchTokenRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> BatchTokenResponse:
        """Gives the codes of 1 to 100 keys: a result for each request, in their order, with a `response` or an `error`."""
        return await self._call(self._stub.BatchToken, request, timeout, on_headers)

    async def batch_verify(
        self, request: BatchVerifyRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> BatchVerifyResponse:
        """Checks 1 to 100 codes, each as `verify` does: a result for each request, in their order, with a `response` or an `error`."""
        return await self._call(self._stub.BatchVerify, with_request_ids(request), timeout, on_headers)

    async def resync_hotp(
        self, request: ResyncHotpRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ResyncHotpResponse:
        """Finds the counter of a HOTP device that has run ahead, by two or three codes in a row. A `request_id` is made as in `verify`."""
        return await self._call(self._stub.ResyncHotp, with_request_id(request), timeout, on_headers)

    async def generate_recovery_codes(
        self, request: GenerateRecoveryCodesRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GenerateRecoveryCodesResponse:
        """Makes recovery codes, to be shown to the user this once, and the set of them to store."""
        return await self._call(self._stub.GenerateRecoveryCodes, request, timeout, on_headers)

    async def verify_recovery_code(
        self, request: VerifyRecoveryCodeRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> VerifyRecoveryCodeResponse:
        """Says whether a recovery code is one of a set, and used for the first time. A `request_id` is made as in `verify`."""
        return await self._call(self._stub.VerifyRecoveryCode, with_request_id(request), timeout, on_headers)

    async def revoke_recovery_codes(
        self, request: RevokeRecoveryCodesRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> RevokeRecoveryCodesResponse:
        """Revokes a set of recovery codes for ever."""
        return await self._call(self._stub.RevokeRecoveryCodes, request, timeout, on_headers)

    async def seal(
        self, request: SealRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> SealResponse:
        """Seals 1 to 100 keys that you have as secrets or URIs, or binds sealed keys to another context: a result for each."""
        return await self._call(self._stub.Seal, request, timeout, on_headers)

    async def rewrap(
        self, request: RewrapRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> RewrapResponse:
        """Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: a result for each."""
        return await self._call(self._stub.Rewrap, request, timeout, on_headers)

    async def import_keys(
        self, request: ImportKeysRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ImportKeysResponse:
        """Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: a result for each."""
        return await self._call(self._stub.ImportKeys, request, timeout, on_headers)

    async def export_keys(
        self, request: ExportKeysRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ExportKeysResponse:
        """Gives the secrets of up to 100 keys, sealed ones too, as URIs: a result for each."""
        return await self._call(self._stub.ExportKeys, request, timeout, on_headers)

    async def get_usage(
        self, request: GetUsageRequest | None = None, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GetUsageResponse:
        """Gives how much of its plan the API key has used, for each window. It costs no credits."""
        return await self._call(self._stub.GetUsage, request or GetUsageRequest(), timeout, on_headers)

    async def watch_token(
        self, request: WatchTokenRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> AsyncGenerator[WatchTokenResponse, None]:
        """Yields the current code of a TOTP key at once, then each next one: see `otpd.OtpClient.watch_token`.

        Leaving the loop early does not end the call at once: `await` the generator's `aclose()`, or use `contextlib.aclosing`.
        """
        limit = None if timeout is None else checked_timeout(timeout)
        with self._failures():
            call = self._stub.WatchToken(request, timeout=limit, metadata=self._metadata)
            try:
                if on_headers is not None:
                    on_headers(headers_of(await call.initial_metadata()))
                async for response in call:
                    yield response
            finally:
                call.cancel()

    async def _verify_one(self, request: VerifyRequest, timeout: float) -> VerifyResponse:
        return await self._call(self._stub.Verify, request, timeout, None)

    async def _verify_all(self, requests: list[VerifyRequest], timeout: float) -> Results[VerifyResponse]:
        headers: dict[str, str] = {}
        answer = await self._call(self._stub.BatchVerify, BatchVerifyRequest(requests=requests), timeout, headers.update)
        results = [each.error if each.HasField("error") else each.response for each in answer.results]
        return results, headers.get("x-request-id", "")

    async def _token_one(self, request: TokenRequest, timeout: float) -> TokenResponse:
        return await self._call(self._stub.Token, request, timeout, None)

    async def _token_all(self, requests: list[TokenRequest], timeout: float) -> Results[TokenResponse]:
        headers: dict[str, str] = {}
        answer = await self._call(self._stub.BatchToken, BatchTokenRequest(requests=requests), timeout, headers.update)
        results = [each.error if each.HasField("error") else each.response for each in answer.results]
        return results, headers.get("x-request-id", "")
