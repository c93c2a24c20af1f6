"""Calls of a moment, sent as one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Generic, TypeVar, Union

import grpc
from google.protobuf.message import Message

from ..errors import OtpError
from ..v1 import ItemError

# How long the first call of a batch waits for others, in seconds.
_WINDOW = 0.0005
# The most that a batch holds: the service takes 100 items in 64 KiB. The rest is for lengths and tags.
_MOST_ITEMS = 100
_MOST_BYTES = 60 << 10

# Why a batch may be refused although calls alone are not: more than the plan has left, for instance.
_GO_ALONE = frozenset(
    {
        "ERROR_REASON_RATE_LIMITED",
        "ERROR_REASON_COST_OVER_LIMIT",
        "ERROR_REASON_CREDITS_EXHAUSTED",
        "ERROR_REASON_MESSAGE_TOO_LARGE",
    }
)

_Request = TypeVar("_Request", bound=Message)
_Response = TypeVar("_Response")


Results = tuple[Sequence[Union[_Response, ItemError]], str]
"""The outcome of each request of a batch, in their order, and the batch's request id."""


@dataclass
class _Waiting(Generic[_Request, _Response]):
    request: _Request
    deadline: float
    # None if the server has not handled the item: it is sent alone, with the tries of a separate call.
    outcome: asyncio.Future[_Response | None]


class Batcher(Generic[_Request, _Response]):
    """Collects the calls of a moment, and sends them together: `one` sends a single request, `every` a batch, both within a time in seconds."""

    def __init__(
        self,
        one: Callable[[_Request, float], Awaitable[_Response]],
        every: Callable[[list[_Request], float], Awaitable[Results[_Response]]],
    ) -> None:
        self._one = one
        self._every = every
        self._calls: list[_Waiting[_Request, _Response]] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        # The event loop itself keeps none of them alive.
        self._batches: set[asyncio.Task[None]] = set()

    async def call(self, request: _Request, timeout: float) -> _Response:
        """Waits for the answer, or for the end of the timeout, whatever becomes of the batch."""
        loop = asyncio.get_running_loop()
        # The caller may go on to change its own.
        mine = type(request).FromString(request.SerializeToString())
        waiting: _Waiting[_Request, _Response] = _Waiting(mine, loop.time() + timeout, loop.create_future())
        self._add(waiting)
        try:
            response = await asyncio.wait_for(waiting.outcome, timeout)
        except asyncio.TimeoutError:
            raise OtpError.timed_out() from None
        if response is not None:
            return response
        left = waiting.deadline - loop.time()
        if left <= 0:
            raise OtpError.timed_out()
        return await self._one(mine, left)

    def _add(self, call: _Waiting[_Request, _Response]) -> None:
        size = call.request.ByteSize()
        if self._bytes + size > _MOST_BYTES:
            self._send()
        self._calls.append(call)
        self._bytes += size
        if len(self._calls) == _MOST_ITEMS:
            self._send()
        elif len(self._calls) == 1:
            self._timer = asyncio.get_running_loop().call_later(_WINDOW, self._send)

    def _send(self) -> None:
        """Begins to send what has been collected, apart from what nobody waits for any more."""
        if self._timer is not None:
            self._timer.cancel()
        calls = [call for call in self._calls if not call.outcome.done()]
        self._calls, self._bytes, self._timer = [], 0, None
        if len(calls) == 1:
            calls[0].outcome.set_result(None)
        elif calls:
            batch = asyncio.get_running_loop().create_task(self._run(calls))
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)
            for call in calls:
                call.outcome.add_done_callback(lambda _: all(each.outcome.done() for each in calls) and batch.cancel())

    async def _run(self, calls: list[_Waiting[_Request, _Response]]) -> None:
        left = max(call.deadline for call in calls) - asyncio.get_running_loop().time()
        try:
            results, request_id = await self._every([call.request for call in calls], max(left, 0.001))
        except OtpError as error:
            alone = error.code is grpc.StatusCode.UNIMPLEMENTED or error.reason in _GO_ALONE
            for call in calls:
                _settle(call.outcome, None if alone else _copied(error))
        except Exception as error:
            # Nobody may be left waiting.
            for call in calls:
                _settle(call.outcome, error)
        else:
            for place, call in enumerate(calls):
                _settle(call.outcome, _outcome(results[place], request_id) if place < len(results) else None)


def _outcome(result: _Response | ItemError, request_id: str) -> _Response | OtpError | None:
    if not isinstance(result, ItemError):
        return result
    error = OtpError.from_item(result, request_id)
    # A separate call would be tried again.
    return None if error.code is grpc.StatusCode.UNAVAILABLE else error


def _settle(outcome: asyncio.Future[_Response | None], value: _Response | Exception | None) -> None:
    """Gives a caller its outcome, unless it has left."""
    if outcome.done():
        return
    if isinstance(value, Exception):
        outcome.set_exception(value)
    else:
        outcome.set_result(value)


def _copied(error: OtpError) -> OtpError:
    """One for each caller: it gets a traceback of its own."""
    own = copy(error)
    own.__cause__ = error.__cause__
    return own
