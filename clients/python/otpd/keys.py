"""Short ways to write the key of a request."""

from __future__ import annotations

from .v1 import Key, SealedKey


def secret(secret: str) -> Key:
    """A TOTP key with the defaults of authenticator apps (SHA-1, 6 digits, 30 s) and a secret in base32. For others write `v1.Key(secret=…, digits=8)`."""
    return Key(secret=secret)


def uri(uri: str) -> Key:
    """The key of an otpauth URI."""
    return Key(uri=uri)


def sealed(blob: str, context: bytes) -> Key:
    """A sealed key, with the context that it is bound to: derived from the user at each call, and not stored beside the blob."""
    return Key(sealed=SealedKey(blob=blob, context=context))
