"""Both clients against a gRPC server in this process: what goes out, what is tried again, and how failures come back."""

import asyncio
import pickle
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from otpd import FieldViolation, OtpClient, OtpError, aio, v1
from otpd.v1.otp_service_pb2_grpc import OtpServiceServicer, add_OtpServiceServicer_to_server

API_KEY = "otpd_key_that_no_error_shows"


class Service(OtpServiceServicer):
    """Notes each call; Generate fails, Token is never there, Verify is there at the second try."""

    def __init__(self):
        self.calls = []
        self.left = threading.Event()

    def note(self, request, context):
        self.calls.append((request, dict(context.invocation_metadata()), context.time_remaining()))
        return len(self.calls)

    def Generate(self, request, context):
        self.note(request, context)
        if request.account_name == "garbled":
            fail(context, grpc.StatusCode.INTERNAL, b"\xff\xff\xff")
        details = [
            error_details_pb2.ErrorInfo(reason="ERROR_REASON_INVALID_FIELDS", domain="otp.v1", metadata={"k": "v"}),
            error_details_pb2.RequestInfo(request_id="an id"),
            error_details_pb2.BadRequest(field_violations=[{"field": "digits", "description": "must be 6 to 8"}]),
            error_details_pb2.RetryInfo(retry_delay=Duration(seconds=2)),
        ]
        status = status_pb2.Status(details=[packed(detail) for detail in details])
        fail(context, grpc.StatusCode.INVALID_ARGUMENT, status.SerializeToString())

    def Token(self, request, context):
        self.note(request, context)
        context.abort(grpc.StatusCode.UNAVAILABLE, "never there")

    def Verify(self, request, context):
        if self.note(request, context) == 1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
        return v1.VerifyResponse(valid=True)

    def VerifyRecoveryCode(self, request, context):
        if self.note(request, context) == 1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
        return v1.VerifyRecoveryCodeResponse(remaining_count=9)

    def WatchToken(self, request, context):
        self.note(request, context)
        context.add_callback(self.left.set)
        for step in range(3):
            yield v1.WatchTokenResponse(token=v1.Token(step=step))
        self.left.wait()


def packed(message):
    any = Any()
    any.Pack(message)
    return any


def fail(context, code, details):
    context.set_trailing_metadata((("grpc-status-details-bin", details),))
    context.abort(code, "do this")


class Sync:
    """`otpd.OtpClient`, as the tests call it."""

    def __init__(self, address, **options):
        self.make = lambda: OtpClient(address, API_KEY, plaintext=True, **options)

    def call(self, method, request, timeout):
        with self.make() as client:
            return getattr(client, method)(request, timeout=timeout)

    def watch(self, count, left):
        with self.make() as client:
            codes = client.watch_token(v1.WatchTokenRequest())
            steps = [next(codes).token.step for _ in range(count)]
            codes.close()
            return steps, left.wait(5)


class Asyncio:
    """`otpd.aio.OtpClient`, as the tests call it."""

    def __init__(self, address, **options):
        self.make = lambda: aio.OtpClient(address, API_KEY, plaintext=True, **options)

    def call(self, method, request, timeout):
        async def run():
            async with self.make() as client:
                return await getattr(client, method)(request, timeout=timeout)

        return asyncio.run(run())

    def watch(self, count, left):
        async def run():
            async with self.make() as client:
                codes = client.watch_token(v1.WatchTokenRequest())
                steps = [(await codes.__anext__()).token.step for _ in range(count)]
                await codes.aclose()
                return steps, await asyncio.to_thread(left.wait, 5)

        return asyncio.run(run())


class Served(unittest.TestCase):
    """A server for each test."""

    def setUp(self):
        self.service = Service()
        server = grpc.server(ThreadPoolExecutor(4))
        add_OtpServiceServicer_to_server(self.service, server)
        self.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        self.addCleanup(lambda: server.stop(None).wait())


class Contract:
    """What both clients do."""

    def call(self, method, request, *, timeout=None, client_timeout=5.0):
        return self.client(self.address, timeout=client_timeout).call(method, request, timeout=timeout)

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
        self.assertEqual(str(error), "INVALID_ARGUMENT: do this; digits: must be 6 to 8")
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

    def test_a_recovery_code_is_retried_with_one_request_id(self):
        answer = self.call("verify_recovery_code", v1.VerifyRecoveryCodeRequest(code="x"))
        self.assertEqual(answer.remaining_count, 9)
        (first, _, _), (second, _, _) = self.service.calls
        self.assertEqual((UUID(first.request_id).version, first), (4, second))

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


class ForAsyncio(Contract, Served):
    client = Asyncio


class WithoutTls(Served):
    def test_nothing_is_sent_unless_told(self):
        with OtpClient(self.address, API_KEY) as client, self.assertRaises(OtpError) as raised:
            client.verify(v1.VerifyRequest(), timeout=1)
        self.assertIn(raised.exception.code, (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
        self.assertEqual(self.service.calls, [])


if __name__ == "__main__":
    unittest.main()
