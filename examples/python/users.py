"""The users, in memory: a product has a database."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass


@dataclass
class User:
    id: int
    name: str
    totp_generation: int = 0
    """Counts the apps that the user has confirmed; a part of the context of each sealed key."""


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1)


def _account(user: User) -> tuple[User, bytes, bytes]:
    salt = os.urandom(16)
    return user, salt, _hash("correct horse", salt)


_accounts = {name: _account(User(i + 1, name)) for i, name in enumerate(["alice@example.com", "bob@example.com"])}
# Compared with if no user has the name, so that the time does not show which names exist.
_nobody = None, os.urandom(16), os.urandom(64)


def user_with(name: str, password: str) -> User | None:
    """The user with this name and password."""
    user, salt, expected = _accounts.get(name, _nobody)
    return user if hmac.compare_digest(_hash(password, salt), expected) else None
