"""A connection to otpd from an event loop: the API key with every call, deadlines, retries, and errors as `OtpError`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, TypeVar

import grpc

from ..connection import (
    OnHeaders,
    checked_address,
    checked_timeout,
    credentials_for,
    headers_of,
    metadata_for,
    options_with,
)
from ..errors import OtpError

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
        """Prepares the connection: see `otpd.OtpClient`; the interceptors are those of `grpc.aio`."""
        checked_address(address)
        self._timeout = checked_timeout(timeout)
        self._metadata = metadata_for(api_key)
        credentials = credentials_for(root_certificates, client_certificate, plaintext)
        options = options_with(channel_options)
        self._channel = (
            grpc.aio.insecure_channel(address, options, interceptors=interceptors)
            if credentials is None
            else grpc.aio.secure_channel(address, credentials, options, interceptors=interceptors)
        )
        # At once: gRPC makes none from a channel that is closed.
        self._stub = self._stub_of(self._channel)
        self._closed = False

    @staticmethod
    def _stub_of(channel: grpc.aio.Channel) -> _Stub:
        """The stub of the service that the client is for."""
        raise NotImplementedError

    async def close(self) -> None:
        """Ends the connection, and every call on it as CANCELLED; calls after it fail so at once."""
        self._closed = True
        await self._channel.close()

    async def __aenter__(self: _Self) -> _Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        timeout: float | None,
        on_headers: OnHeaders | None,
    ) -> _Response:
        limit = self._timeout if timeout is None else checked_timeout(timeout)
        with self._failures():
            call = method(request, timeout=limit, metadata=self._metadata)
            response = await call
            if on_headers is not None:
                on_headers(headers_of(await call.initial_metadata()))
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
        except (asyncio.CancelledError, grpc.aio.UsageError) as error:
            # The end of the channel cancels calls as if their tasks were cancelled, and refuses new ones.
            if self._closed and not _is_cancelled():
                raise OtpError.closed() from error
            raise


def _is_cancelled() -> bool:
    """Whether somebody cancelled the task; Python says so from 3.11 on."""
    task = asyncio.current_task()
    return task is not None and bool(getattr(task, "cancelling", int)())
