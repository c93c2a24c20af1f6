"""Both clients refuse by name what they cannot use, before they connect or call."""

import asyncio
import subprocess
import tempfile
import unittest
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from otpd import OtpClient, aio, v1

ADDRESS = "127.0.0.1:1"
API_KEY = "otpd_key_that_no_error_shows"
NO_TIMES = (float("nan"), float("inf"), float("-inf"), 0, -1, 86_401, 1e12, "5", Decimal(5))


def certificate():
    """A certificate of its own, and its key."""
    with tempfile.TemporaryDirectory() as folder:
        cert, key = Path(folder, "cert"), Path(folder, "key")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=own")
        subprocess.run(["openssl", "req", "-x509", *curve, "-keyout", key, "-out", cert], check=True, capture_output=True)
        return cert.read_bytes(), key.read_bytes()


class Refused(unittest.TestCase):
    def assert_refused(self, *names, address=ADDRESS, api_key=API_KEY, **options):
        for make in (OtpClient, aio.OtpClient):
            with self.assertRaises(ValueError) as raised:
                make(address, api_key, **options)
            for name in names:
                self.assertIn(name, str(raised.exception))
            self.assertNotIn(API_KEY, str(raised.exception))

    def test_an_address_that_is_none(self):
        for address in ("", " ", "a:1\n", "https://a:1", "grpc://", "a", "a:", ":1", "a:http", "[::1]", "::1", "dns:///a", "unix:", None):
            self.assert_refused("address", address=address)

    def test_a_key_that_cannot_be_sent(self):
        for api_key in ("", f"{API_KEY}\n", f"{API_KEY}\u00e9", f"{API_KEY} ", None):
            self.assert_refused("api_key", api_key=api_key)

    def test_a_timeout_that_is_no_time(self):
        for timeout in (*NO_TIMES, None):
            self.assert_refused("timeout", "86400", timeout=timeout)

    def test_certificates_with_plaintext(self):
        for certificates in ({"root_certificates": b""}, {"client_certificate": (b"", b"")}):
            self.assert_refused("plaintext", *certificates, plaintext=True, **certificates)

    def test_certificates_that_are_none(self):
        cert, key = certificate()
        for pem in (b"", b"nonsense", key, cert.replace(b"MII", b"AII"), cert.decode()):
            self.assert_refused("root_certificates", root_certificates=pem)
            self.assert_refused("client_certificate", client_certificate=(pem, key))
        for pem in (b"", b"nonsense", cert, key.decode()):
            self.assert_refused("client_certificate", client_certificate=(cert, pem))


class Taken(unittest.TestCase):
    def test_what_can_be_used(self):
        cert, key = certificate()
        both = cert + "# those of others \u00e9\n".encode() + cert
        for options in ({"root_certificates": both}, {"client_certificate": (cert, key)}, {"timeout": 86_400}, {"timeout": Fraction(1, 2)}):
            OtpClient(ADDRESS, API_KEY, **options).close()
        for address in ("a:1", "[::1]:1", "dns:///a:1", "ipv4:127.0.0.1:1", "unix:/run/otpd", "unix:///run/otpd"):
            OtpClient(address, API_KEY).close()


class CallsRefused(unittest.TestCase):
    CALLS = (("generate", v1.GenerateRequest), ("token", v1.TokenRequest), ("verify", v1.VerifyRequest))

    def test_for_threads(self):
        with OtpClient(ADDRESS, API_KEY) as client:
            for timeout in NO_TIMES:
                for method, request in self.CALLS:
                    with self.assertRaisesRegex(ValueError, "^timeout must"):
                        getattr(client, method)(request(), timeout=timeout)
                with self.assertRaisesRegex(ValueError, "^timeout must"):
                    next(client.watch_token(v1.WatchTokenRequest(), timeout=timeout))

    def test_for_asyncio(self):
        async def run():
            async with aio.OtpClient(ADDRESS, API_KEY) as client:
                for timeout in NO_TIMES:
                    for method, request in self.CALLS:
                        with self.assertRaisesRegex(ValueError, "^timeout must"):
                            await getattr(client, method)(request(), timeout=timeout)
                    with self.assertRaisesRegex(ValueError, "^timeout must"):
                        await client.watch_token(v1.WatchTokenRequest(), timeout=timeout).__anext__()

        asyncio.run(run())


if __name__ == "__main__":
    unittest.main()
