"""Why a call failed, taken out of the status and its details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]


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
    reason: str = ""
    """The name of an `ErrorReason`, such as `ERROR_REASON_RATE_LIMITED`; empty if it was not the server that answered."""
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
        """The code, the message, and every field that is wrong."""
        wrong = [f"{each.field}: {each.description}" for each in self.field_violations]
        # The server's message names the first of them.
        return "; ".join([f"{self.code.name}: {self.message}", *(each for each in wrong if each not in self.message)])

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
                self.reason, self.metadata = info.reason, dict(info.metadata)
            elif detail.Unpack(bad):
                self.field_violations = [FieldViolation(each.field, each.description) for each in bad.field_violations]
            elif detail.Unpack(retry):
                self.retry_delay = retry.retry_delay.ToTimedelta()
            elif detail.Unpack(request):
                self.request_id = request.request_id
