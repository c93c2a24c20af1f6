"""A gRPC server in this process for the tests, and both clients as the tests call them."""

import asyncio
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from otpd import AdminClient, OtpClient, admin_v1, aio, v1
from otpd.admin_v1.admin_service_pb2_grpc import AdminServiceServicer, add_AdminServiceServicer_to_server
from otpd.v1.otp_service_pb2_grpc import OtpServiceServicer, add_OtpServiceServicer_to_server

API_KEY = "otpd_key_that_no_error_shows"


class Service(OtpServiceServicer):
    """Notes each call; Generate fails, Token is never there, Verify and the like are there at the second try."""

    def __init__(self):
        self.calls = []
        self.left = threading.Event()
        self.held = threading.Event()

    def note(self, request, context):
        self.calls.append((request, dict(context.invocation_metadata()), context.time_remaining()))
        return len(self.calls)

    def at_second_try(self, request, context, response):
        if self.note(request, context) == 1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
        context.send_initial_metadata((("x-ratelimit-remaining", "7"),))
        return response

    def Generate(self, request, context):
        self.note(request, context)
        if request.issuer == "old":
            return v1.GenerateResponse(secret="in the clear")
        if request.account_name == "garbled":
            fail(context, grpc.StatusCode.INTERNAL, b"\xff\xff\xff")
        reason = "ERROR_REASON_OF_TOMORROW" if request.account_name == "newer" else "ERROR_REASON_INVALID_FIELDS"
        details = [
            error_details_pb2.ErrorInfo(reason=reason, domain="otp.v1", metadata={"k": "v"}),
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
        if request.code == "held":
            self.note(request, context)
            self.held.set()
            self.left.wait()
        return self.at_second_try(request, context, v1.VerifyResponse(valid=True))

    def BatchVerify(self, request, context):
        return self.at_second_try(request, context, v1.BatchVerifyResponse())

    def ResyncHotp(self, request, context):
        return self.at_second_try(request, context, v1.ResyncHotpResponse())

    def VerifyRecoveryCode(self, request, context):
        return self.at_second_try(request, context, v1.VerifyRecoveryCodeResponse(remaining_count=9))

    def WatchToken(self, request, context):
        self.note(request, context)
        context.add_callback(self.left.set)
        context.send_initial_metadata((("x-ratelimit-remaining", "7"),))
        for step in range(3):
            yield v1.WatchTokenResponse(token=v1.Token(step=step))
        self.left.wait()


class Administration(AdminServiceServicer):
    def ListPlans(self, request, context):
        return admin_v1.ListPlansResponse(plans=[admin_v1.Plan(name=dict(context.invocation_metadata())["x-api-key"])])


def packed(message):
    any = Any()
    any.Pack(message)
    return any


def fail(context, code, details):
    context.set_trailing_metadata((("grpc-status-details-bin", details),))
    context.abort(code, "do this")


class Sync:
    """The clients for threads."""

    def __init__(self, address, **options):
        self.make = lambda make=OtpClient: make(address, API_KEY, plaintext=True, **options)

    def call(self, method, *request, **options):
        with self.make() as client:
            return getattr(client, method)(*request, **options)

    def administer(self, method):
        with self.make(AdminClient) as client:
            return getattr(client, method)()

    def watch(self, count, left, **options):
        with self.make() as client:
            codes = client.watch_token(v1.WatchTokenRequest(), **options)
            steps = [next(codes).token.step for _ in range(count)]
            codes.close()
            return steps, left.wait(5)

    def after_close(self, method, request):
        client = self.make()
        client.close()
        answer = getattr(client, method)(request)
        return next(answer) if method == "watch_token" else answer

    def closed_meanwhile(self, request, held):
        client = self.make()
        threading.Thread(target=lambda: held.wait() and client.close()).start()
        return client.verify(request)


class Asyncio:
    """The clients for asyncio."""

    def __init__(self, address, **options):
        self.make = lambda make=aio.OtpClient: make(address, API_KEY, plaintext=True, **options)

    def call(self, method, *request, **options):
        async def run():
            async with self.make() as client:
                return await getattr(client, method)(*request, **options)

        return asyncio.run(run())

    def administer(self, method):
        async def run():
            async with self.make(aio.AdminClient) as client:
                return await getattr(client, method)()

        return asyncio.run(run())

    def watch(self, count, left, **options):
        async def run():
            async with self.make() as client:
                codes = client.watch_token(v1.WatchTokenRequest(), **options)
                steps = [(await codes.__anext__()).token.step for _ in range(count)]
                await codes.aclose()
                return steps, await asyncio.to_thread(left.wait, 5)

        return asyncio.run(run())

    def after_close(self, method, request):
        async def run():
            client = self.make()
            await client.close()
            answer = getattr(client, method)(request)
            return await (answer.__anext__() if method == "watch_token" else answer)

        return asyncio.run(run())

    def closed_meanwhile(self, request, held):
        async def run():
            client = self.make()
            call = asyncio.create_task(client.verify(request))
            await asyncio.to_thread(held.wait)
            await client.close()
            return await call

        return asyncio.run(run())


class Served(unittest.TestCase):
    """A server for each test."""

    def setUp(self):
        self.service = Service()
        server = grpc.server(ThreadPoolExecutor(4))
        add_OtpServiceServicer_to_server(self.service, server)
        add_AdminServiceServicer_to_server(Administration(), server)
        self.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        self.addCleanup(lambda: (self.service.left.set(), server.stop(None).wait()))
