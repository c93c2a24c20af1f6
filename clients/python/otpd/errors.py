"""Why a call failed, taken out of the status and its details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast, get_args

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]

from .v1 import ErrorReason, ErrorReasonName, ItemError

_CODES: Mapping[int, grpc.StatusCode] = {each.value[0]: each for each in grpc.StatusCode}


@dataclass(frozen=True)
class FieldViolation:
    """One field of the request that is wrong."""

    field: str
    """Its path in snake_case, as in the contract: `key.secret`."""
    description: str
    """What is wrong and what to do."""


class OtpError(Exception):
    """A call that failed; the `grpc.RpcError` it came from is its `__cause__`."""

    code: grpc.StatusCode
    """The status of the call."""
    message: str
    """What to do about it; never holds a secret, a code or a key."""
    reason: ErrorReasonName | Literal[""] = ""
    """The name of an `ErrorReason`, such as `ERROR_REASON_RATE_LIMITED`; empty if it was not the server that answered, and for a reason that is
    newer than this package: then `metadata["reason"]` has it."""
    metadata: Mapping[str, str]
    """What belongs to the reason: `ErrorReason` names the keys."""
    field_violations: Sequence[FieldViolation] = ()
    """Every field that is wrong, if the reason is `ERROR_REASON_INVALID_FIELDS`."""
    retry_delay: timedelta | None = None
    """How long to wait before another try, if the server said so."""
    request_id: str = ""
    """Finds the call in the server's log; empty if it was not the server that answered."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.metadata = {}

    def __str__(self) -> str:
        """The code, the message, every field that is wrong, and how long to wait."""
        wrong = [f"{each.field}: {each.description}" for each in self.field_violations]
        # The server's message names the first of them.
        parts = [f"{self.code.name}: {self.message}", *(each for each in wrong if each not in self.message)]
        if self.retry_delay:
            parts.append(f"try again in {self.retry_delay.total_seconds():g} s")
        return "; ".join(parts)

    @classmethod
    def closed(cls) -> OtpError:
        """Of a call after `close()`."""
        return cls(grpc.StatusCode.CANCELLED, "the client is closed: make another one")

    @classmethod
    def timed_out(cls) -> OtpError:
        """Of a call whose time was over before it was sent, or while it was in a batch."""
        return cls(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")

    @classmethod
    def from_item(cls, failed: ItemError, request_id: str) -> OtpError:
        """What an item of a batch failed with; the batch had this `request_id`."""
        found = cls(_CODES.get(failed.code, grpc.StatusCode.UNKNOWN), failed.message)
        found._set_reason(ErrorReason.Name(failed.reason) if failed.reason in ErrorReason.values() else str(failed.reason))
        found.field_violations = [FieldViolation(each.field, each.description) for each in failed.violations]
        found.retry_delay = failed.retry_after.ToTimedelta() if failed.HasField("retry_after") else None
        found.request_id = request_id
        return found

    @classmethod
    def from_rpc_error(cls, error: grpc.RpcError) -> OtpError:
        """Reads the error details out of the trailers; what is not there, or not readable, is left at its default."""
        call = cast(grpc.Call, error)
        found = cls(call.code(), call.details() or "")
        try:
            found._read(dict(call.trailing_metadata() or ()).get("grpc-status-details-bin", b""))
        except DecodeError:
            pass  # Something between here and the server made them up; the status is what counts.
        return found

    def _read(self, status: str | bytes) -> None:
        info, request = error_details_pb2.ErrorInfo(), error_details_pb2.RequestInfo()
        bad, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        for detail in status_pb2.Status.FromString(cast(bytes, status)).details:
            if detail.Unpack(info):
                self.metadata = dict(info.metadata)
                self._set_reason(info.reason)
            elif detail.Unpack(bad):
                self.field_violations = [FieldViolation(each.field, each.description) for each in bad.field_violations]
            elif detail.Unpack(retry):
                self.retry_delay = retry.retry_delay.ToTimedelta()
            elif detail.Unpack(request):
                self.request_id = request.request_id

    def _set_reason(self, name: str) -> None:
        if name in get_args(ErrorReasonName):
            self.reason = cast(ErrorReasonName, name)
        elif name and name != "ERROR_REASON_UNSPECIFIED":
            self.metadata = {**self.metadata, "reason": name}
