"""Sessions, in memory. A browser has the id of its session in a cookie, and nothing else."""

from __future__ import annotations

import hmac
import secrets
import time
import uuid
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from second_factor import Pending
from users import User

# More than a demonstration needs: strangers cannot fill the memory.
_MOST = 1000
_HALF_SECONDS = 600


@dataclass
class Session:
    id: str = ""
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """Is in every form: another site cannot know it."""
    user: User | None = None
    """Signed in, with all that the user has to show."""
    half: User | None = None
    """The password was right, and the code is to come, until `half_until`."""
    half_until: float = 0
    pending: Pending | None = None
    attempt: uuid.UUID = field(default_factory=uuid.uuid4)
    """Names the attempt to come, see `request_id`."""
    cookie: str | None = None
    """To be sent with the answer: the id is new."""

    def sign_in(self, user: User) -> None:
        """Signs a user in. The id changes, so that an id from before the login is worth nothing."""
        self.user, self.half = user, None
        self._renew()

    def sign_in_by_half(self, user: User) -> None:
        """Remembers that the password was right. That alone opens nothing but the page for the code."""
        self.user, self.half, self.half_until = None, user, time.monotonic() + _HALF_SECONDS
        self._renew()

    def sign_out(self) -> None:
        _sessions.pop(self.id, None)

    def half_user(self) -> User | None:
        """The user whose password was right a short time ago."""
        return self.half if time.monotonic() < self.half_until else None

    def is_own_form(self, csrf: str) -> bool:
        return hmac.compare_digest(csrf.encode(), self.csrf.encode())

    def request_id(self, code: str) -> str:
        """The request id of an attempt: the same for the same code until `attempt` is renewed.

        If an answer is lost, and the user sends the form again, otpd gives the first answer instead of "already used".
        """
        return str(uuid.uuid5(self.attempt, code))

    def next_attempt(self) -> None:
        self.attempt = uuid.uuid4()

    def _renew(self) -> None:
        _sessions.pop(self.id, None)
        self.id = secrets.token_urlsafe(32)
        if len(_sessions) >= _MOST:
            _sessions.pop(next(iter(_sessions)))
        _sessions[self.id] = self
        self.next_attempt()
        # Behind TLS add Secure, and call the cookie __Host-session.
        self.cookie = f"session={self.id}; Path=/; HttpOnly; SameSite=Lax"


_sessions: dict[str, Session] = {}


def session_of(cookie: str) -> Session:
    """The session of a request; a new one if it has none."""
    try:
        morsel = SimpleCookie(cookie).get("session")
    except CookieError:
        morsel = None
    known = _sessions.get(morsel.value) if morsel else None
    if known is not None:
        return known
    session = Session()
    session._renew()
    return session
