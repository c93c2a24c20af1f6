"""A small web app with a second factor: sign in, enrol, confirm, recover. See ../README.md."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl

import pages
from otpd import OtpError, v1
from second_factor import begin, check, confirm, has_factor, recover, renew_recovery_codes
from sessions import Session, session_of
from texts import UNAVAILABLE, text_of, text_of_recovery
from users import User, user_with

T = TypeVar("T")
POLICY = (
    "default-src 'none'; img-src data:; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class GoTo(NamedTuple):
    """A path to go to."""

    path: str


def login(session: Session, sent: dict[str, str]) -> str | GoTo:
    user = user_with(sent.get("name", ""), sent.get("password", ""))
    if user is None:
        return pages.login_page(session, "That name and password do not fit.")
    if not has_factor(user):
        session.sign_in(user)
        return GoTo("/")
    session.sign_in_by_half(user)
    return GoTo("/code")


def enter_code(session: Session, sent: dict[str, str]) -> str | GoTo:
    user, code = session.half_user(), sent.get("code", "")
    if user is None:
        return GoTo("/")
    answer = or_unavailable(lambda: check(user, code, session.request_id(code)))
    # Nothing was judged, as far as we know: the same code keeps its request id.
    if answer is None:
        return pages.code_page(session, UNAVAILABLE, code)
    session.next_attempt()
    if answer.status != v1.VERIFY_STATUS_ACCEPTED:
        return pages.code_page(session, text_of(answer))
    session.sign_in(user)
    return GoTo("/")


def enter_recovery_code(session: Session, sent: dict[str, str]) -> str | GoTo:
    user, code = session.half_user(), sent.get("code", "")
    if user is None:
        return GoTo("/")
    answer = or_unavailable(lambda: recover(user, code, session.request_id(code)))
    if answer is None:
        return pages.recovery_page(session, UNAVAILABLE, code)
    session.next_attempt()
    if answer.status != v1.VERIFY_STATUS_ACCEPTED:
        return pages.recovery_page(session, text_of_recovery(answer))
    session.sign_in(user)
    return pages.recovered_page(session, answer.remaining_count)


def set_up(session: Session, user: User) -> str:
    enrolment = or_unavailable(lambda: begin(user))
    if enrolment is None:
        return pages.home_page(session, user, UNAVAILABLE)
    session.pending = enrolment.pending
    session.next_attempt()
    return pages.setup_page(session, enrolment)


def turn_on(session: Session, sent: dict[str, str]) -> str | GoTo:
    user, pending, code = session.user, session.pending, sent.get("code", "")
    if user is None or pending is None:
        return GoTo("/")
    answer = or_unavailable(lambda: confirm(user, pending, code, session.request_id(code)))
    if answer is None:
        return pages.confirm_page(session, UNAVAILABLE)
    session.next_attempt()
    if answer.status != v1.VERIFY_STATUS_ACCEPTED:
        return pages.confirm_page(session, text_of(answer))
    session.pending = None
    # The code is used up: this session has passed the second factor by it.
    session.sign_in(user)
    return show_recovery_codes(session, user)


def show_recovery_codes(session: Session, user: User) -> str:
    codes = or_unavailable(lambda: renew_recovery_codes(user))
    return pages.home_page(session, user, UNAVAILABLE) if codes is None else pages.recovery_codes_page(codes)


def log_out(session: Session, _: dict[str, str]) -> GoTo:
    session.sign_out()
    return GoTo("/")


def with_password(act: Callable[[Session, User], str]) -> Callable[[Session, dict[str, str]], str | GoTo]:
    """Asks for the password again: a browser that was left open is not enough to change the second factor."""

    def action(session: Session, sent: dict[str, str]) -> str | GoTo:
        user = session.user
        if user is None:
            return GoTo("/")
        if user_with(user.name, sent.get("password", "")) is not user:
            return pages.home_page(session, user, "That password is not right.")
        return act(session, user)

    return action


def or_unavailable(call: Callable[[], T]) -> T | None:
    """The answer of otpd; None if there is none. No error ever lets a user in."""
    try:
        return call()
    except OtpError as error:
        # It names no secret and no code. Only UNAVAILABLE and DEADLINE_EXCEEDED pass by themselves: have the others
        # alert somebody.
        print(f"otpd: {error.code.name} {error.reason} {error}", file=sys.stderr)
        return None


def home(session: Session) -> str:
    return pages.home_page(session, session.user) if session.user else pages.login_page(session)


def for_half(show: Callable[[Session], str]) -> Callable[[Session], str | GoTo]:
    return lambda session: show(session) if session.half_user() else GoTo("/")


SHOWN: dict[str, Callable[[Session], str | GoTo]] = {
    "/": home,
    "/code": for_half(pages.code_page),
    "/recovery": for_half(pages.recovery_page),
}
SENT: dict[str, Callable[[Session, dict[str, str]], str | GoTo]] = {
    "/login": login,
    "/code": enter_code,
    "/recovery": enter_recovery_code,
    "/setup": with_password(set_up),
    "/confirm": turn_on,
    "/recovery-codes": with_password(show_recovery_codes),
    "/logout": log_out,
}


class Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self) -> None:
        if self.path == "/style.css":
            return self.answer(200, pages.STYLE, "text/css")
        session = session_of(self.headers.get("cookie", ""))
        show = SHOWN.get(self.path)
        if show is None:
            return self.answer(404, pages.page("Not found", '<p><a href="/">To the start</a></p>'))
        self.show(session, show(session))

    def do_POST(self) -> None:
        session = session_of(self.headers.get("cookie", ""))
        act = SENT.get(self.path)
        length = int(self.headers.get("content-length", "0"))
        # A form has at most 8 KiB.
        if act is None or not 0 <= length <= 8192:
            return self.answer(404 if act is None else 413, pages.page("Not found", '<p><a href="/">To the start</a></p>'))
        sent = dict(parse_qsl(self.rfile.read(length).decode(errors="replace"), keep_blank_values=True))
        if not session.is_own_form(sent.get("csrf", "")):
            return self.answer(403, pages.page("Form expired", '<p><a href="/">Please start again</a></p>'))
        self.show(session, act(session, sent))

    def show(self, session: Session, outcome: str | GoTo) -> None:
        cookie, session.cookie = session.cookie, None
        headers = {"set-cookie": cookie} if cookie else {}
        if isinstance(outcome, GoTo):
            self.answer(303, "", location=outcome.path, **headers)
        else:
            self.answer(200, outcome, **headers)

    def answer(self, status: int, body: str, media_type: str = "text/html; charset=utf-8", **headers: str) -> None:
        content = body.encode()
        self.send_response(status)
        more = {
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "content-security-policy": POLICY,
            "content-type": media_type,
            "content-length": str(len(content)),
        }
        for name, value in {**more, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing of the requests."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Handler)
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
