"""The administration for asyncio: `otpd.AdminClient`, awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from ..admin_v1 import (
    CreateApiKeyRequest,
    CreateApiKeyResponse,
    GetApiKeyRequest,
    GetApiKeyResponse,
    GetApiKeyUsageRequest,
    GetApiKeyUsageResponse,
    GetAttemptsRequest,
    GetAttemptsResponse,
    GetServerStatusRequest,
    GetServerStatusResponse,
    ListApiKeysRequest,
    ListApiKeysResponse,
    ListPlansRequest,
    ListPlansResponse,
    ListSealingKeysRequest,
    ListSealingKeysResponse,
    RevokeApiKeyRequest,
    RevokeApiKeyResponse,
    RotateApiKeyRequest,
    RotateApiKeyResponse,
    UnlockAttemptsRequest,
    UnlockAttemptsResponse,
)
from ..admin_v1.admin_service_pb2_grpc import AdminServiceStub
from ..connection import OnHeaders
from .caller import Caller

if TYPE_CHECKING:
    # A class for type checkers alone.
    from ..admin_v1.admin_service_pb2_grpc import AdminServiceAsyncStub


class AdminClient(Caller["AdminServiceAsyncStub"]):
    """Administers API keys and locks as `otpd.AdminClient` does, from the event loop in which it was made."""

    @staticmethod
    def _stub_of(channel: grpc.aio.Channel) -> AdminServiceAsyncStub:
        return AdminServiceStub(channel)

    async def create_api_key(
        self, request: CreateApiKeyRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> CreateApiKeyResponse:
        """Makes an API key; its secret is in this answer alone."""
        return await self._call(self._stub.CreateApiKey, request, timeout, on_headers)

    async def get_api_key(
        self, request: GetApiKeyRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GetApiKeyResponse:
        """Gets an API key."""
        return await self._call(self._stub.GetApiKey, request, timeout, on_headers)

    async def list_api_keys(
        self, request: ListApiKeysRequest | None = None, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ListApiKeysResponse:
        """Lists API keys, oldest first: a page of them."""
        return await self._call(self._stub.ListApiKeys, request or ListApiKeysRequest(), timeout, on_headers)

    async def rotate_api_key(
        self, request: RotateApiKeyRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> RotateApiKeyResponse:
        """Gives an API key a new secret. If the answer is lost, rotate again."""
        return await self._call(self._stub.RotateApiKey, request, timeout, on_headers)

    async def revoke_api_key(
        self, request: RevokeApiKeyRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> RevokeApiKeyResponse:
        """Revokes an API key for ever."""
        return await self._call(self._stub.RevokeApiKey, request, timeout, on_headers)

    async def get_api_key_usage(
        self, request: GetApiKeyUsageRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GetApiKeyUsageResponse:
        """Gets how much of its plan an API key has used."""
        return await self._call(self._stub.GetApiKeyUsage, request, timeout, on_headers)

    async def list_plans(
        self, request: ListPlansRequest | None = None, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ListPlansResponse:
        """Lists the plans of the configuration."""
        return await self._call(self._stub.ListPlans, request or ListPlansRequest(), timeout, on_headers)

    async def list_sealing_keys(
        self, request: ListSealingKeysRequest | None = None, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> ListSealingKeysResponse:
        """Lists the sealing keys, without the keys themselves."""
        return await self._call(self._stub.ListSealingKeys, request or ListSealingKeysRequest(), timeout, on_headers)

    async def get_server_status(
        self, request: GetServerStatusRequest | None = None, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GetServerStatusResponse:
        """Gets how the process that answers is, and how it judged codes in the last hour."""
        return await self._call(self._stub.GetServerStatus, request or GetServerStatusRequest(), timeout, on_headers)

    async def get_attempts(
        self, request: GetAttemptsRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> GetAttemptsResponse:
        """Gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock."""
        return await self._call(self._stub.GetAttempts, request, timeout, on_headers)

    async def unlock_attempts(
        self, request: UnlockAttemptsRequest, *, timeout: float | None = None, on_headers: OnHeaders | None = None
    ) -> UnlockAttemptsResponse:
        """Lets the codes of a secret or a set of recovery codes be judged again."""
        return await self._call(self._stub.UnlockAttempts, request, timeout, on_headers)
