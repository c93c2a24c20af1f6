"""The callers of a crowd: see test/clients/README.md."""

import asyncio
import json
from typing import Any

from google.protobuf.json_format import ParseDict
from otpd import OtpError, v1
from otpd.aio import OtpClient

AGAIN = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}


async def call_together(client: OtpClient, crowd: list[list[dict[str, Any]]]) -> None:
    await asyncio.gather(*(call_in_turn(client, caller, requests) for caller, requests in enumerate(crowd)))


async def call_in_turn(client: OtpClient, caller: int, requests: list[dict[str, Any]]) -> None:
    for index, values in enumerate(requests):
        request = ParseDict(values, v1.VerifyRequest())
        code = None
        while code is None or code in AGAIN:
            try:
                response = await client.verify(request)
                code, outcome = "OK", {"status": v1.VerifyStatus.Name(response.status)}
            except OtpError as error:
                code, outcome = error.code.name, {"reason": error.reason}
            print(json.dumps({"caller": caller, "request": index, "code": code, **outcome}), flush=True)
