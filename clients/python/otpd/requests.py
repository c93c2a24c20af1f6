"""Changes that the clients for threads and for asyncio make to requests and answers."""

from __future__ import annotations

from typing import TypeVar
from uuid import uuid4

import grpc

from .errors import OtpError
from .v1 import (
    SECRET_DELIVERY_BOTH,
    SECRET_DELIVERY_SEALED,
    BatchVerifyRequest,
    GenerateRequest,
    GenerateResponse,
    ResyncHotpRequest,
    VerifyRecoveryCodeRequest,
    VerifyRequest,
)

_WithRequestId = TypeVar("_WithRequestId", VerifyRequest, VerifyRecoveryCodeRequest, ResyncHotpRequest)


def with_request_id(request: _WithRequestId) -> _WithRequestId:
    """The request, or a copy with a new `request_id` if it has none."""
    if request.request_id:
        return request
    copy = type(request)(request_id=str(uuid4()))
    copy.MergeFrom(request)
    return copy


def with_request_ids(batch: BatchVerifyRequest) -> BatchVerifyRequest:
    """A copy of the batch in which every request has an id."""
    return BatchVerifyRequest(requests=[with_request_id(request) for request in batch.requests])


def sealed_as_asked(request: GenerateRequest, response: GenerateResponse) -> GenerateResponse:
    """The response, unless a server that does not know `delivery` took no notice of it: its answer has a secret in the clear alone."""
    if request.delivery in (SECRET_DELIVERY_SEALED, SECRET_DELIVERY_BOTH) and not response.HasField("sealed"):
        text = "the server is too old to seal keys: update it, and store nothing of this answer"
        raise OtpError(grpc.StatusCode.UNIMPLEMENTED, text)
    return response
