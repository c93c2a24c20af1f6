"""The client for asyncio: `otpd.OtpClient`, awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import TypeVar

import grpc

from .connection import OPTIONS, checked_address, checked_timeout, credentials_for, metadata_for, with_request_id
from .errors import OtpError
from .v1 import (
    GenerateRecoveryCodesRequest,
    GenerateRecoveryCodesResponse,
    GenerateRequest,
    GenerateResponse,
    RevokeRecoveryCodesRequest,
    RevokeRecoveryCodesResponse,
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

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class OtpClient:
    """Calls otpd as `otpd.OtpClient` does, from the event loop in which it was made.

    async with OtpClient("otp.example.com:443", api_key) as client:
        answer = await client.verify(v1.VerifyRequest(key=v1.Key(secret=secret), code=code))
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
    ) -> None:
        """Prepares the connection: see `otpd.OtpClient`."""
        checked_address(address)
        self._timeout = checked_timeout(timeout)
        self._metadata = metadata_for(api_key)
        credentials = credentials_for(root_certificates, client_certificate, plaintext)
        self._channel = (
            grpc.aio.insecure_channel(address, OPTIONS)
            if credentials is None
            else grpc.aio.secure_channel(address, credentials, OPTIONS)
        )
        self._stub = OtpServiceStub(self._channel)

    async def generate(self, request: GenerateRequest, *, timeout: float | None = None) -> GenerateResponse:
        """Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again."""
        return await self._call(self._stub.Generate, request, timeout)

    async def token(self, request: TokenRequest, *, timeout: float | None = None) -> TokenResponse:
        """Gives the code of a key at a moment, now by default, and its neighbours on request."""
        return await self._call(self._stub.Token, request, timeout)

    async def verify(self, request: VerifyRequest, *, timeout: float | None = None) -> VerifyResponse:
        """Says whether a code is right, now, and for the first time: see `otpd.OtpClient.verify`."""
        return await self._call(self._stub.Verify, with_request_id(request), timeout)

    async def generate_recovery_codes(
        self, request: GenerateRecoveryCodesRequest, *, timeout: float | None = None
    ) -> GenerateRecoveryCodesResponse:
        """Makes recovery codes, to be shown to the user this once, and the set of them to store."""
        return await self._call(self._stub.GenerateRecoveryCodes, request, timeout)

    async def verify_recovery_code(
        self, request: VerifyRecoveryCodeRequest, *, timeout: float | None = None
    ) -> VerifyRecoveryCodeResponse:
        """Says whether a recovery code is right: see `otpd.OtpClient.verify_recovery_code`."""
        return await self._call(self._stub.VerifyRecoveryCode, with_request_id(request), timeout)

    async def revoke_recovery_codes(
        self, request: RevokeRecoveryCodesRequest, *, timeout: float | None = None
    ) -> RevokeRecoveryCodesResponse:
        """Revokes a set of recovery codes for ever."""
        return await self._call(self._stub.RevokeRecoveryCodes, request, timeout)

    async def watch_token(
        self, request: WatchTokenRequest, *, timeout: float | None = None
    ) -> AsyncIterator[WatchTokenResponse]:
        """Yields the current code of a TOTP key at once, then each next one: see `otpd.OtpClient.watch_token`.

        Leaving the loop early does not end the call at once: `await` the iterator's `aclose()`, or use `contextlib.aclosing`.
        """
        limit = None if timeout is None else checked_timeout(timeout)
        call = self._stub.WatchToken(request, timeout=limit, metadata=self._metadata)
        try:
            async for response in call:
                yield response
        except grpc.RpcError as error:
            raise OtpError.from_rpc_error(error) from error
        finally:
            call.cancel()

    async def close(self) -> None:
        """Ends the connection, and every call on it."""
        await self._channel.close()

    async def __aenter__(self) -> OtpClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(
        self, method: grpc.aio.UnaryUnaryMultiCallable[_Request, _Response], request: _Request, timeout: float | None
    ) -> _Response:
        try:
            return await method(request, timeout=self._timeout if timeout is None else checked_timeout(timeout), metadata=self._metadata)
        except grpc.RpcError as error:
            raise OtpError.from_rpc_error(error) from error
