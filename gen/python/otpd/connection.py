"""What the clients for threads and for asyncio have in common: how they connect, as whom, and what goes with a request."""

from __future__ import annotations

import re
from importlib.resources import files
from uuid import uuid4

import grpc

from .v1 import VerifyRequest

OPTIONS = (
    ("grpc.service_config", files("otpd").joinpath("service_config.json").read_text(encoding="utf-8")),
    # The default, 1 s, outlasts all the retries.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    # Notices that the peer of a stream has vanished without a word.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A lost ping is noticed by this one alone, which is a minute by default.
    ("grpc.http2.ping_timeout_ms", 10_000),
)


def metadata_for(api_key: str) -> tuple[tuple[str, str], ...]:
    """The metadata of every call. Raises `ValueError` for what cannot be sent: gRPC would show the key in its own error."""
    if not re.fullmatch("[!-~]*", api_key):
        raise ValueError("the API key holds a character that no key has, such as a line break at its end")
    return (("x-api-key", api_key),) if api_key else ()


def credentials_for(
    root_certificates: bytes | None, client_certificate: tuple[bytes, bytes] | None, plaintext: bool
) -> grpc.ChannelCredentials | None:
    """How to speak TLS; None for plaintext, which is refused together with certificates (`ValueError`)."""
    if not plaintext:
        chain, key = client_certificate or (None, None)
        return grpc.ssl_channel_credentials(root_certificates, key, chain)
    if root_certificates is not None or client_certificate is not None:
        raise ValueError("certificates are for TLS: give either them or plaintext")
    return None


def with_request_id(request: VerifyRequest) -> VerifyRequest:
    """The request, or a copy with a new `request_id` if it has none."""
    if request.request_id:
        return request
    copy = VerifyRequest(request_id=str(uuid4()))
    copy.MergeFrom(request)
    return copy
