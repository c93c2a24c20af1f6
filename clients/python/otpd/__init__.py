"""Client of otpd, a gRPC service that issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).

`OtpClient` calls the service, `OtpError` says why a call failed, and `v1` has the messages.
"""

from . import v1
from .client import OtpClient
from .errors import FieldViolation, OtpError

__all__ = ["FieldViolation", "OtpClient", "OtpError", "v1"]
