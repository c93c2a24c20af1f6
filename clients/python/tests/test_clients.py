"""Both clients against a gRPC server in this process: what goes out, what is tried again, and how failures come back."""

import pickle
import socket
import unittest
from datetime import timedelta
from uuid import UUID

import grpc
import otpd
from otpd import FieldViolation, OtpClient, OtpError, aio, v1
from service import API_KEY, Asyncio, Served, Sync


class Contract:
    """What both clients do."""

    def call(self, method, request, *, client_timeout=5.0, **options):
        return self.client(self.address, timeout=client_timeout).call(method, request, **options)

    def failure(self, method, request):
        with self.assertRaises(OtpError) as raised:
            self.call(method, request)
        return raised.exception

    def test_error_details(self):
        error = self.failure("generate", v1.GenerateRequest())
        self.assertEqual(error.code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual((error.reason, error.metadata), ("ERROR_REASON_INVALID_FIELDS", {"k": "v"}))
        self.assertEqual(error.field_violations, [FieldViolation("digits", "must be 6 to 8")])
        self.assertEqual((error.retry_delay, error.request_id), (timedelta(seconds=2), "an id"))
        self.assertEqual(str(error), "INVALID_ARGUMENT: do this; digits: must be 6 to 8; try again in 2 s")
        self.assertIsInstance(error.__cause__, grpc.RpcError)
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual((str(copy), copy.reason), (str(error), error.reason))

    def test_garbled_details_leave_the_status(self):
        error = self.failure("generate", v1.GenerateRequest(account_name="garbled"))
        self.assertEqual((error.code, error.reason, error.request_id), (grpc.StatusCode.INTERNAL, "", ""))

    def test_verify_is_retried_with_one_request_id(self):
        request = v1.VerifyRequest(code="123456")
        self.assertTrue(self.call("verify", request).valid)
        first, second = (sent for sent, _, _ in self.service.calls)
        self.assertEqual(UUID(first.request_id).version, 4)
        self.assertEqual(first, second)
        self.assertEqual(request.request_id, "", "the request of the caller is not touched")

    def test_whatever_is_used_up_is_retried_with_one_request_id(self):
        for method, request in (("verify_recovery_code", v1.VerifyRecoveryCodeRequest()), ("resync_hotp", v1.ResyncHotpRequest())):
            self.service.calls.clear()
            self.call(method, request)
            (first, _, _), (second, _, _) = self.service.calls
            self.assertEqual((UUID(first.request_id).version, first), (4, second))

    def test_a_batch_is_retried_with_a_request_id_for_each(self):
        batch = v1.BatchVerifyRequest(requests=[v1.VerifyRequest(code="1"), v1.VerifyRequest(code="2", request_id="mine")])
        self.call("batch_verify", batch)
        (first, _, _), (second, _, _) = self.service.calls
        self.assertEqual(first, second)
        self.assertEqual([each.code for each in first.requests], ["1", "2"])
        self.assertEqual((UUID(first.requests[0].request_id).version, first.requests[1].request_id), (4, "mine"))

    def test_a_reason_that_is_newer_than_the_package(self):
        error = self.failure("generate", v1.GenerateRequest(account_name="newer"))
        self.assertEqual((error.reason, error.metadata), ("", {"k": "v", "reason": "ERROR_REASON_OF_TOMORROW"}))

    def test_a_server_that_seals_nothing_although_it_was_asked_to(self):
        for delivery in (v1.SECRET_DELIVERY_SEALED, v1.SECRET_DELIVERY_BOTH):
            error = self.failure("generate", v1.GenerateRequest(issuer="old", delivery=delivery))
            self.assertEqual(error.code, grpc.StatusCode.UNIMPLEMENTED)
            self.assertIn("store nothing", str(error))
        self.assertEqual(self.call("generate", v1.GenerateRequest(issuer="old")).secret, "in the clear")

    def test_the_headers_of_an_answer(self):
        headers = {}
        self.call("verify", v1.VerifyRequest(), on_headers=headers.update)
        self.assertEqual(headers["x-ratelimit-remaining"], "7")
        headers = {}
        self.client(self.address).watch(1, self.service.left, on_headers=headers.update)
        self.assertEqual(headers["x-ratelimit-remaining"], "7")

    def test_after_close_each_call_fails_at_once(self):
        for method, request in (
            ("verify", v1.VerifyRequest()),
            ("generate", v1.GenerateRequest()),
            ("get_usage", v1.GetUsageRequest()),
            ("watch_token", v1.WatchTokenRequest()),
        ):
            with self.assertRaises(OtpError) as raised:
                self.client(self.address).after_close(method, request)
            self.assertEqual(raised.exception.code, grpc.StatusCode.CANCELLED)
        self.assertEqual(self.service.calls, [])

    def test_close_ends_a_call_under_way(self):
        with self.assertRaises(OtpError) as raised:
            self.client(self.address).closed_meanwhile(v1.VerifyRequest(code="held"), self.service.held)
        self.assertEqual(raised.exception.code, grpc.StatusCode.CANCELLED)

    def test_the_administration(self):
        answer = self.client(self.address).administer("list_plans")
        self.assertEqual([plan.name for plan in answer.plans], [API_KEY])

    def test_channel_options(self):
        client = self.client(self.address, channel_options=[("grpc.max_send_message_length", 10), ("grpc.service_config", "{}")])
        with self.assertRaises(OtpError) as raised:
            client.call("verify", v1.VerifyRequest(code="1" * 11))
        self.assertEqual(raised.exception.code, grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertEqual(self.service.calls, [])

    def test_channel_options_do_not_end_the_retries(self):
        client = self.client(self.address, channel_options=[("grpc.service_config", "{}")])
        self.assertTrue(client.call("verify", v1.VerifyRequest()).valid)

    def test_an_interceptor_sees_each_call(self):
        seen = []
        self.client(self.address, interceptors=[self.interceptor(seen)]).call("verify", v1.VerifyRequest())
        self.assertEqual(seen, ["/otp.v1.OtpService/Verify"])

    def test_a_request_id_of_the_caller_is_kept(self):
        self.call("verify", v1.VerifyRequest(request_id="mine"))
        self.assertEqual([sent.request_id for sent, _, _ in self.service.calls], ["mine", "mine"])

    def test_four_tries_at_most(self):
        self.assertEqual(self.failure("token", v1.TokenRequest()).code, grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(len(self.service.calls), 4)

    def test_the_key_goes_with_every_try(self):
        self.call("verify", v1.VerifyRequest())
        self.assertEqual([metadata["x-api-key"] for _, metadata, _ in self.service.calls], [API_KEY, API_KEY])

    def test_a_deadline_goes_with_every_call(self):
        self.call("verify", v1.VerifyRequest())
        self.call("verify", v1.VerifyRequest(), client_timeout=3)
        self.call("verify", v1.VerifyRequest(), timeout=2, client_timeout=3)
        remaining = [left for _, _, left in self.service.calls[1:]]
        self.assertEqual(len(remaining), 3)
        for left, most in zip(remaining, (5, 3, 2)):
            self.assertTrue(most - 1 < left < most + 0.1, remaining)

    def test_leaving_a_stream_ends_the_call(self):
        steps, left = self.client(self.address).watch(2, self.service.left)
        self.assertEqual(steps, [0, 1])
        self.assertTrue(left, "the server heard of it while the client was open")


class ForThreads(Contract, Served):
    client = Sync

    def interceptor(self, seen):
        class Noting(grpc.UnaryUnaryClientInterceptor):
            def intercept_unary_unary(self, continuation, details, request):
                seen.append(details.method)
                return continuation(details, request)

        return Noting()


class ForAsyncio(Contract, Served):
    client = Asyncio

    def interceptor(self, seen):
        class Noting(grpc.aio.UnaryUnaryClientInterceptor):
            async def intercept_unary_unary(self, continuation, details, request):
                seen.append(details.method.decode())
                return await continuation(details, request)

        return Noting()


class ForAsyncioWithBatching(ForAsyncio):
    """A call alone is as without batching."""

    @staticmethod
    def client(address, **options):
        return Batching(address, **options)


class Batching(Asyncio):
    def __init__(self, address, **options):
        super().__init__(address, **options)
        self.make = lambda make=aio.OtpClient: make(
            address, API_KEY, plaintext=True, **options, **({"batching": True} if make is aio.OtpClient else {})
        )


class Keys(unittest.TestCase):
    def test_short_ways_to_write_them(self):
        self.assertEqual(otpd.secret("A"), v1.Key(secret="A"))
        self.assertEqual(otpd.uri("otpauth:"), v1.Key(uri="otpauth:"))
        self.assertEqual(otpd.sealed("otpk1_", b"c"), v1.Key(sealed=v1.SealedKey(blob="otpk1_", context=b"c")))


class Failing(unittest.TestCase):
    """What is wrong with a connection is in the message."""

    def failure(self, address, **options):
        with OtpClient(address, API_KEY, **options) as client, self.assertRaises(OtpError) as raised:
            client.verify(v1.VerifyRequest())
        self.assertEqual(raised.exception.code, grpc.StatusCode.UNAVAILABLE)
        return str(raised.exception)

    def test_a_refused_connection(self):
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            self.assertRegex(self.failure(f"127.0.0.1:{bound.getsockname()[1]}", plaintext=True), "(?i)refused")

    def test_a_name_that_does_not_resolve(self):
        self.assertRegex(self.failure("nowhere.invalid:1", plaintext=True), "(?i)dns|resol|domain name")


class WithoutTls(Served):
    def test_nothing_is_sent_unless_told(self):
        with OtpClient(self.address, API_KEY) as client, self.assertRaises(OtpError) as raised:
            client.verify(v1.VerifyRequest(), timeout=1)
        self.assertIn(raised.exception.code, (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
        self.assertEqual(self.service.calls, [])


if __name__ == "__main__":
    unittest.main()
