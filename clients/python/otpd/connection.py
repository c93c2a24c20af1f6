"""What the clients for threads and for asyncio have in common: how they connect, as whom, and what goes with a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from numbers import Real
from ssl import PROTOCOL_TLS_CLIENT, SSLContext, SSLError
from typing import Any

import grpc

OnHeaders = Callable[[Mapping[str, str]], None]
"""Is told of the headers of an answer, by their names in lower case, such as `x-ratelimit-remaining` and `x-request-id`."""

# Retries, and that calls go to all servers of a name in turn: the same for the clients of every language.
_SERVICE_CONFIG = files("otpd").joinpath("service_config.json").read_text(encoding="utf-8")
_OPTIONS = (
    # The default, 1 s, outlasts all the retries.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    # Notices that the peer of a stream has vanished without a word.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A lost ping is noticed by this one alone, which is a minute by default.
    ("grpc.http2.ping_timeout_ms", 10_000),
)

MAX_TIMEOUT = 86_400.0

# A socket's file has no port, and neither has what other resolvers of gRPC's look up.
_ADDRESS = re.compile(r"(?:dns:///)?(?:\[[^\s\[\]]+\]|[^\s:/\[\]]+):\d{1,5}|(?:ipv4|ipv6):\S+:\d{1,5}|(?:unix:|xds:///)\S+")


def options_with(own: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The arguments of the channel: those of the program over the client's, apart from the retries."""
    return list({**dict(_OPTIONS), **dict(own), "grpc.service_config": _SERVICE_CONFIG}.items())


def checked_address(address: str) -> str:
    """The address, unless gRPC would make it fail at every call, or take a port that nobody named."""
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise ValueError("address must be host:port: no URL, no white space, and with its port")
    return address


def headers_of(metadata: Any) -> dict[str, str]:
    """The metadata of an answer, without what is binary. Its pairs are of no type: the stubs of grpc.aio have them as names alone."""
    return {name: value for name, value in metadata or () if isinstance(value, str)}


def checked_timeout(timeout: float) -> float:
    """The timeout, if it is a time: gRPC would take a NaN or an infinity for one that has passed."""
    if not isinstance(timeout, Real) or not 0 < timeout <= MAX_TIMEOUT:
        raise ValueError(f"timeout must be above 0 and at most {MAX_TIMEOUT:.0f} seconds (24 hours)")
    return timeout


def metadata_for(api_key: str) -> tuple[tuple[str, str], ...]:
    """The metadata of every call. Raises `ValueError` for what cannot be sent: gRPC would show the key in its own error."""
    if not isinstance(api_key, str) or not re.fullmatch("[!-~]+", api_key):
        raise ValueError("api_key must be an API key: check for an unset variable, and for a line break at its end")
    return (("x-api-key", api_key),)


def credentials_for(
    root_certificates: bytes | None, client_certificate: tuple[bytes, bytes] | None, plaintext: bool
) -> grpc.ChannelCredentials | None:
    """How to speak TLS; None for plaintext, which is refused together with certificates, as is what is not PEM (`ValueError`)."""
    if plaintext:
        if root_certificates is not None or client_certificate is not None:
            raise ValueError("plaintext goes with no certificates: leave out it, or root_certificates and client_certificate")
        return None
    if root_certificates is not None and not _are_certificates(root_certificates):
        raise ValueError("root_certificates must be certificates in PEM: the bytes of the file, not its name")
    if client_certificate is None:
        return grpc.ssl_channel_credentials(root_certificates)
    chain, key = client_certificate
    if not _are_certificates(chain) or not isinstance(key, bytes) or b"PRIVATE KEY-----" not in key:
        raise ValueError("client_certificate must be a certificate chain and its private key in PEM: the bytes of the files")
    return grpc.ssl_channel_credentials(root_certificates, key, chain)


def _are_certificates(pem: bytes) -> bool:
    """Whether they can be read: gRPC would find every server unavailable instead."""
    if not isinstance(pem, bytes):
        return False
    found = re.findall(b"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.DOTALL)
    try:
        SSLContext(PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=b"\n".join(found).decode("ascii"))
    except (SSLError, ValueError):
        return False
    return found != []

