"""The pages: plain HTML that a keyboard and a screen reader can use, without a script."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs, urlsplit

from second_factor import Enrolment, has_factor
from sessions import Session
from users import User

STYLE = """:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
body { background: Canvas; color: CanvasText }
a { color: light-dark(#00408a, #9cc7ff) }
main { max-width: 32rem; margin: 2rem auto; padding: 0 1rem }
label, input, button { display: block; font: inherit; margin-block: .4rem }
input { width: 100%; box-sizing: border-box; padding: .5rem }
button { padding: .5rem 1rem }
img { max-width: 100%; background: #fff }
[role=alert] { border-inline-start: .3rem solid; padding-inline-start: .7rem }
"""


def page(title: str, content: str, error: str = "") -> str:
    """A whole page. An error is read out by a screen reader, and is named by the field that it is about."""
    told = f'<p id="error" role="alert">{escape(error)}</p>' if error else ""
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)} - ACME</title>
<link rel="stylesheet" href="/style.css"></head>
<body><main><h1>{escape(title)}</h1>
{told}
{content}
</main></body></html>"""


def form(session: Session, action: str, button: str, fields: str) -> str:
    """A form. The hidden field proves that one of our pages made it."""
    return f"""<form method="post" action="{action}"><input type="hidden" name="csrf" value="{session.csrf}">
{fields}<button>{button}</button></form>"""


def field(name: str, label: str, autocomplete: str, error: str = "", value: str = "", more: str = 'type="text"') -> str:
    about = 'aria-describedby="error" aria-invalid="true" autofocus' if error else ""
    return f"""<label for="{name}">{label}</label>
<input id="{name}" name="{name}" autocomplete="{autocomplete}" value="{escape(value)}" required {more} {about}>
"""


def login_page(session: Session, error: str = "") -> str:
    fields = field("name", "E-mail address", "username", error)
    fields += field("password", "Password", "current-password", more='type="password"')
    return page("Sign in", form(session, "/login", "Sign in", fields), error)


def code_page(session: Session, error: str = "", value: str = "") -> str:
    code = field("code", "Code from your app", "one-time-code", error, value, 'type="text" inputmode="numeric"')
    other = '<p><a href="/recovery">Use a recovery code</a></p>'
    return page("Enter your code", form(session, "/code", "Continue", code) + other, error)


def recovery_page(session: Session, error: str = "", value: str = "") -> str:
    code = field("code", "Recovery code", "off", error, value)
    other = '<p><a href="/code">Use a code from your app</a></p>'
    return page("Use a recovery code", form(session, "/recovery", "Continue", code) + other, error)


def recovered_page(session: Session, left: int) -> str:
    text = f"<p>You have {left} recovery codes left. If your phone is lost, set up the new one now.</p>"
    new = _password_form(session, "/setup", "Set up a new phone")
    return page("Signed in by a recovery code", f'{text}{new}<p><a href="/">Continue</a></p>')


def home_page(session: Session, user: User, error: str = "") -> str:
    content = f"<p>You are signed in as {escape(user.name)}.</p>"
    if has_factor(user):
        content += "<p>Your second factor is on.</p><h2>New phone</h2>"
        content += _password_form(session, "/setup", "Set up a new phone")
        content += "<h2>Recovery codes</h2>"
        content += _password_form(session, "/recovery-codes", "Make new recovery codes")
    else:
        content += "<p>Your second factor is off.</p>" + _password_form(session, "/setup", "Set up a second factor")
    return page("Your account", content + form(session, "/logout", "Sign out", ""), error)


def setup_page(session: Session, enrolment: Enrolment) -> str:
    return page(
        "Set up your app",
        f"""<p>Scan this picture with your authenticator app.</p>
<img src="{enrolment.picture}" alt="QR code for your authenticator app">
<p>On this phone: <a href="{escape(enrolment.uri)}">open the app</a>, or type this secret into it:
<code>{_grouped(enrolment.uri)}</code></p>
{_confirm_form(session)}""",
    )


def confirm_page(session: Session, error: str) -> str:
    return page("Set up your app", _confirm_form(session, error), error)


def recovery_codes_page(codes: list[str]) -> str:
    listed = "".join(f"<li><code>{escape(code)}</code></li>" for code in codes)
    return page(
        "Your recovery codes",
        f"""<p>Your second factor is on. Keep these codes where you find them without your phone.
Each works once. They are shown only once.</p>
<ul>{listed}</ul><p><a href="/">I have kept them</a></p>""",
    )


def _password_form(session: Session, action: str, button: str) -> str:
    label = '<label>Password <input name="password" type="password" autocomplete="current-password" required></label>'
    return form(session, action, button, label)


def _confirm_form(session: Session, error: str = "") -> str:
    more = 'type="text" inputmode="numeric"'
    code = field("code", "Code that the app shows", "one-time-code", error, more=more)
    return form(session, "/confirm", "Turn on", code)


def _grouped(uri: str) -> str:
    """The secret in groups of four, for a phone that cannot scan its own screen."""
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
