"""A connection to otpd: the API key with every call, deadlines, retries, and errors as `OtpError`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, TypeVar

import grpc

from .connection import (
    OnHeaders,
    checked_address,
    checked_timeout,
    credentials_for,
    headers_of,
    metadata_for,
    options_with,
)
from .errors import OtpError

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
_Stub = TypeVar("_Stub")
_Self = TypeVar("_Self", bound="Caller[Any]")


class Caller(Generic[_Stub]):
    """The base of the clients of both services."""

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
    ) -> None:
        """Prepares the connection, with TLS unless told otherwise.

        Args:
            address: `HOST:PORT`, or `dns:///HOST:PORT`; calls go in turn to all the servers that the name has.
            api_key: Sent with every call.
            timeout: For a call that is given none of its own.
            root_certificates: Authorities to trust instead of the defaults of gRPC, in PEM.
            client_certificate: For mutual TLS: the certificate chain and its private key, in PEM.
            plaintext: Without TLS: the API key, secrets and codes travel in the clear.
            interceptors: For `grpc.intercept_channel`: the first is the outermost.
            channel_options: Arguments of gRPC's channel, beside and over the client's own; the retries are not replaced.

        Raises:
            ValueError: An argument, which it names, cannot be used; or there are certificates together with `plaintext`.
        """
        checked_address(address)
        self._timeout = checked_timeout(timeout)
        self._metadata = metadata_for(api_key)
        credentials = credentials_for(root_certificates, client_certificate, plaintext)
        options = options_with(channel_options)
        channel = (
            grpc.insecure_channel(address, options)
            if credentials is None
            else grpc.secure_channel(address, credentials, options)
        )
        self._channel = grpc.intercept_channel(channel, *interceptors)
        # At once: gRPC makes none from a channel that is closed.
        self._stub = self._stub_of(self._channel)
        self._closed = False

    @staticmethod
    def _stub_of(channel: grpc.Channel) -> _Stub:
        """The stub of the service that the client is for."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the connection, and every call on it as CANCELLED; calls after it fail so at once."""
        self._closed = True
        self._channel.close()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(
        self,
        method: grpc.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        timeout: float | None,
        on_headers: OnHeaders | None,
    ) -> _Response:
        limit = self._timeout if timeout is None else checked_timeout(timeout)
        with self._failures():
            response, call = method.with_call(request, timeout=limit, metadata=self._metadata)
        if on_headers is not None:
            on_headers(headers_of(call.initial_metadata()))
        return response

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Lets nothing of gRPC out but as the cause of an `OtpError`."""
        if self._closed:
            raise OtpError.closed()
        try:
            yield
        except grpc.RpcError as error:
            raise OtpError.from_rpc_error(error) from error
        except ValueError as error:
            # So gRPC refuses a call on a channel that was closed since.
            if self._closed:
                raise OtpError.closed() from error
            raise
