"""The clients for asyncio: `otpd.OtpClient` and `otpd.AdminClient`, awaited."""

from .admin import AdminClient
from .client import OtpClient

__all__ = ["AdminClient", "OtpClient"]
