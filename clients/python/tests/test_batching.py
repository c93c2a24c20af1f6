"""Calls of a moment go as a batch, and no caller can tell."""

import asyncio
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from otpd import FieldViolation, OtpError, aio, v1
from otpd.v1.otp_service_pb2_grpc import OtpServiceServicer, add_OtpServiceServicer_to_server
from service import API_KEY, fail, packed


class Batches(OtpServiceServicer):
    """Answers a code with itself as the request id; notes what came in batches, and what alone."""

    def __init__(self):
        self.batches = []
        self.deadlines = []
        self.alone = []
        self.refusals = []
        self.held = None
        self.ended = threading.Event()

    def Verify(self, request, context):
        self.alone.append(request.code)
        return v1.VerifyResponse(matched_step=int(request.code))

    def BatchVerify(self, request, context):
        self.batches.append(list(request.requests))
        self.deadlines.append(context.time_remaining())
        context.add_callback(self.ended.set)
        if self.held is not None:
            self.held.wait()
        if self.refusals:
            self.refusals.pop(0)(context)
        context.send_initial_metadata((("x-request-id", "of the batch"),))
        return v1.BatchVerifyResponse(results=[self.result(each) for each in request.requests])

    def BatchToken(self, request, context):
        self.batches.append(list(request.requests))
        return v1.BatchTokenResponse(
            results=[v1.BatchTokenResult(response=v1.TokenResponse(token=v1.Token(code=each.key.secret))) for each in request.requests]
        )

    def result(self, request):
        if request.code == "13":
            error = v1.ItemError(
                code=8,
                reason=v1.ERROR_REASON_RATE_LIMITED,
                message="no",
                violations=[v1.FieldViolation(field="code", description="unlucky")],
                retry_after=Duration(seconds=3),
            )
            return v1.BatchVerifyResult(error=error)
        if request.code == "14":
            return v1.BatchVerifyResult(error=v1.ItemError(code=14, message="not now"))
        return v1.BatchVerifyResult(response=v1.VerifyResponse(matched_step=int(request.code)))


def refused_with(code, reason=""):
    def refuse(context):
        if reason:
            detail = packed(error_details_pb2.ErrorInfo(reason=reason))
            fail(context, code, status_pb2.Status(details=[detail]).SerializeToString())
        context.abort(code, "no batch")

    return refuse


class Batching(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.service = Batches()
        server = grpc.server(ThreadPoolExecutor(4))
        add_OtpServiceServicer_to_server(self.service, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        self.addCleanup(lambda: server.stop(None).wait())
        self.client = aio.OtpClient(address, API_KEY, plaintext=True, batching=True)
        self.addAsyncCleanup(self.client.close)

    async def verify(self, *codes, **options):
        calls = (self.client.verify(v1.VerifyRequest(code=str(code)), **options) for code in codes)
        return await asyncio.gather(*calls, return_exceptions=True)

    async def test_each_caller_has_its_own_answer(self):
        answers = await self.verify(*range(20, 270))
        self.assertEqual([answer.matched_step for answer in answers], list(range(20, 270)))
        self.assertEqual(sum(map(len, self.service.batches)) + len(self.service.alone), 250)
        self.assertLessEqual(max(map(len, self.service.batches)), 100)
        self.assertGreaterEqual(max(map(len, self.service.batches)), 2)
        ids = {each.request_id for batch in self.service.batches for each in batch}
        self.assertEqual(len(ids), sum(map(len, self.service.batches)), "each has a request id of its own")

    async def test_codes_of_keys(self):
        calls = (self.client.token(v1.TokenRequest(key=v1.Key(secret=each))) for each in "ABC")
        self.assertEqual([answer.token.code for answer in await asyncio.gather(*calls)], ["A", "B", "C"])
        self.assertEqual([len(batch) for batch in self.service.batches], [3])

    async def test_an_error_is_that_of_its_call(self):
        one, error, other = await self.verify(1, 13, 2)
        self.assertEqual((one.matched_step, other.matched_step), (1, 2))
        self.assertIsInstance(error, OtpError)
        self.assertEqual((error.code, error.reason), (grpc.StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_RATE_LIMITED"))
        self.assertEqual((error.retry_delay, error.request_id), (timedelta(seconds=3), "of the batch"))
        self.assertEqual(error.field_violations, [FieldViolation("code", "unlucky")])
        self.assertEqual(str(error), "RESOURCE_EXHAUSTED: no; code: unlucky; try again in 3 s")

    async def test_an_item_that_found_the_server_unavailable_goes_alone(self):
        self.assertEqual([answer.matched_step for answer in await self.verify(1, 14)], [1, 14])
        self.assertEqual(self.service.alone, ["14"])

    async def test_a_call_alone_is_no_batch(self):
        await self.verify(1)
        self.assertEqual((self.service.batches, self.service.alone), ([], ["1"]))

    async def test_what_a_batch_does_not_take_goes_alone(self):
        confirmation = v1.VerifyRequest(code="1", confirm=True)
        alternatives = v1.VerifyRequest(code="2", alternatives=[v1.Key(secret="A")])
        headers = {}
        await asyncio.gather(
            self.client.verify(confirmation),
            self.client.verify(alternatives),
            self.client.verify(v1.VerifyRequest(code="3"), on_headers=headers.update),
        )
        self.assertEqual((self.service.batches, sorted(self.service.alone)), ([], ["1", "2", "3"]))

    async def test_no_batch_is_too_large_for_the_service(self):
        calls = (self.client.verify(v1.VerifyRequest(code="1", key=v1.Key(secret="A" * 20_000))) for _ in range(7))
        await asyncio.gather(*calls)
        self.assertEqual(sum(map(len, self.service.batches)) + len(self.service.alone), 7)
        self.assertLessEqual(max(map(len, self.service.batches)), 3)

    async def test_what_a_batch_alone_is_refused_for_is_asked_one_by_one(self):
        for refusal in (
            refused_with(grpc.StatusCode.UNIMPLEMENTED),
            refused_with(grpc.StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_RATE_LIMITED"),
            refused_with(grpc.StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_COST_OVER_LIMIT"),
            refused_with(grpc.StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_CREDITS_EXHAUSTED"),
            refused_with(grpc.StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_MESSAGE_TOO_LARGE"),
        ):
            self.service.alone.clear()
            self.service.refusals = [refusal]
            self.assertEqual([answer.matched_step for answer in await self.verify(1, 2)], [1, 2])
            self.assertEqual(sorted(self.service.alone), ["1", "2"])

    async def test_any_other_refusal_is_that_of_each_call(self):
        self.service.refusals = [refused_with(grpc.StatusCode.UNAUTHENTICATED, "ERROR_REASON_API_KEY_INVALID")]
        one, other = await self.verify(1, 2)
        self.assertEqual([one.reason, other.reason], ["ERROR_REASON_API_KEY_INVALID"] * 2)
        self.assertIsNot(one, other)
        self.assertIsInstance(one.__cause__, grpc.RpcError)
        self.assertEqual(self.service.alone, [])

    async def test_a_batch_whose_server_dies_is_sent_again_with_the_same_request_ids(self):
        self.service.refusals = [refused_with(grpc.StatusCode.UNAVAILABLE), refused_with(grpc.StatusCode.UNAVAILABLE)]
        self.assertEqual([answer.matched_step for answer in await self.verify(1, 2)], [1, 2])
        first, second, third = self.service.batches
        self.assertEqual((first, second), (second, third))

    async def test_a_deadline_is_that_of_its_call_and_a_batch_has_the_latest(self):
        self.service.held = threading.Event()
        self.addCleanup(self.service.held.set)
        long = asyncio.create_task(self.client.verify(v1.VerifyRequest(code="1"), timeout=60))
        with self.assertRaises(OtpError) as raised:
            await self.client.verify(v1.VerifyRequest(code="2"), timeout=0.3)
        self.assertEqual(raised.exception.code, grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertFalse(long.done())
        self.service.held.set()
        self.assertEqual((await long).matched_step, 1)
        self.assertGreater(self.service.deadlines[0], 30)

    async def test_callers_may_leave_and_the_last_ends_the_batch(self):
        self.service.held = threading.Event()
        self.addCleanup(self.service.held.set)
        # Nothing else ends it in time.
        calls = [asyncio.create_task(self.client.verify(v1.VerifyRequest(code=str(code)), timeout=600)) for code in (1, 2)]
        while not self.service.batches:
            await asyncio.sleep(0.001)
        calls[0].cancel()
        with self.assertRaises(asyncio.CancelledError):
            await calls[0]
        self.assertFalse(self.service.ended.is_set())
        calls[1].cancel()
        with self.assertRaises(asyncio.CancelledError):
            await calls[1]
        self.assertTrue(await asyncio.to_thread(self.service.ended.wait, 30))

    async def test_close_ends_the_calls_of_a_batch(self):
        self.service.held = threading.Event()
        self.addCleanup(self.service.held.set)
        calls = [asyncio.create_task(self.client.verify(v1.VerifyRequest(code=str(code)))) for code in (1, 2)]
        while not self.service.batches:
            await asyncio.sleep(0.001)
        await self.client.close()
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            self.assertIsInstance(outcome, OtpError)
            self.assertEqual(outcome.code, grpc.StatusCode.CANCELLED)

    async def test_a_request_is_sent_as_it_was_when_it_was_given(self):
        request = v1.VerifyRequest(code="1", request_id="mine")
        call = asyncio.create_task(self.client.verify(request))
        other = asyncio.create_task(self.client.verify(v1.VerifyRequest(code="2")))
        await asyncio.sleep(0)
        request.code = "3"
        self.assertEqual((await call).matched_step, 1)
        await other


if __name__ == "__main__":
    unittest.main()
