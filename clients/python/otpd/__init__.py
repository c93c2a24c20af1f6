"""Client of otpd, a gRPC service that issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).

`OtpClient` calls the service, `AdminClient` administers it, and `OtpError` says why a call failed; `otpd.aio` has both for asyncio. `v1` and
`admin_v1` have the messages; `secret`, `uri` and `sealed` make the key of a request.
"""

from . import admin_v1, v1
from .admin import AdminClient
from .client import OtpClient
from .errors import FieldViolation, OtpError
from .keys import sealed, secret, uri

__all__ = ["AdminClient", "FieldViolation", "OtpClient", "OtpError", "admin_v1", "sealed", "secret", "uri", "v1"]
