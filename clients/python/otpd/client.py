"""A connection to otpd: the API key with every call, deadlines, retries, and errors as `OtpError`."""

from __future__ import annotations

from collections.abc import Iterator
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
    """Calls otpd over one connection, which is made at the first call; may be shared by threads.

    with OtpClient("otp.example.com:443", api_key) as client:
        answer = client.verify(v1.VerifyRequest(key=v1.Key(secret=secret), code=code))

    Calls that find the server unavailable are tried up to four times, with pauses that grow from 0.1 s or as the server asks. A method fails
    with `OtpError`. `timeout` is the time in seconds for a call with all its tries, above 0 and at most 86,400 (24 hours): another one is a
    `ValueError`.
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
        """Prepares the connection, with TLS unless told otherwise.

        Args:
            address: `HOST:PORT`.
            api_key: Sent with every call.
            timeout: For a call that is given none of its own.
            root_certificates: Authorities to trust in place of those that gRPC brings, in PEM.
            client_certificate: For mutual TLS: the certificate chain and its private key, in PEM.
            plaintext: Without TLS: the API key, secrets and codes travel in the clear.

        Raises:
            ValueError: An argument, which it names, cannot be used; or there are certificates together with `plaintext`.
        """
        checked_address(address)
        self._timeout = checked_timeout(timeout)
        self._metadata = metadata_for(api_key)
        credentials = credentials_for(root_certificates, client_certificate, plaintext)
        self._channel = (
            grpc.insecure_channel(address, OPTIONS)
            if credentials is None
            else grpc.secure_channel(address, credentials, OPTIONS)
        )
        self._stub = OtpServiceStub(self._channel)

    def generate(self, request: GenerateRequest, *, timeout: float | None = None) -> GenerateResponse:
        """Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again."""
        return self._call(self._stub.Generate, request, timeout)

    def token(self, request: TokenRequest, *, timeout: float | None = None) -> TokenResponse:
        """Gives the code of a key at a moment, now by default, and its neighbours on request."""
        return self._call(self._stub.Token, request, timeout)

    def verify(self, request: VerifyRequest, *, timeout: float | None = None) -> VerifyResponse:
        """Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).

        Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
        """
        return self._call(self._stub.Verify, with_request_id(request), timeout)

    def generate_recovery_codes(
        self, request: GenerateRecoveryCodesRequest, *, timeout: float | None = None
    ) -> GenerateRecoveryCodesResponse:
        """Makes recovery codes, to be shown to the user this once, and the set of them to store."""
        return self._call(self._stub.GenerateRecoveryCodes, request, timeout)

    def verify_recovery_code(
        self, request: VerifyRecoveryCodeRequest, *, timeout: float | None = None
    ) -> VerifyRecoveryCodeResponse:
        """Says whether a recovery code is one of a set, and used for the first time. A `request_id` is made as in `verify`."""
        return self._call(self._stub.VerifyRecoveryCode, with_request_id(request), timeout)

    def revoke_recovery_codes(
        self, request: RevokeRecoveryCodesRequest, *, timeout: float | None = None
    ) -> RevokeRecoveryCodesResponse:
        """Revokes a set of recovery codes for ever."""
        return self._call(self._stub.RevokeRecoveryCodes, request, timeout)

    def watch_token(self, request: WatchTokenRequest, *, timeout: float | None = None) -> Iterator[WatchTokenResponse]:
        """Yields the current code of a TOTP key at once, then each next one as its step begins.

        The call opens with the first item, and ends with the loop over it, with `close()` of the iterator or of the client, or after `timeout`,
        which is unlimited by default. It is not retried.
        """
        limit = None if timeout is None else checked_timeout(timeout)
        call = self._stub.WatchToken(request, timeout=limit, metadata=self._metadata)
        try:
            for response in call:
                yield response
        except grpc.RpcError as error:
            raise OtpError.from_rpc_error(error) from error
        finally:
            call.cancel()

    def close(self) -> None:
        """Ends the connection, and every call on it as CANCELLED."""
        self._channel.close()

    def __enter__(self) -> OtpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(
        self, method: grpc.UnaryUnaryMultiCallable[_Request, _Response], request: _Request, timeout: float | None
    ) -> _Response:
        try:
            return method(request, timeout=self._timeout if timeout is None else checked_timeout(timeout), metadata=self._metadata)
        except grpc.RpcError as error:
            raise OtpError.from_rpc_error(error) from error
