"""Runs the cases of a configuration with the Python client for asyncio, and prints one line of JSON for each step."""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from google.protobuf.message import Message
from otpd import OtpError
from otpd.aio import OtpClient

sys.path.append(str(Path(__file__).parent.parent / "python"))
from scenario import Values, failed, refused, request_of, steps, succeeded, timeout_of  # noqa: E402


async def call(client: OtpClient, step: Values) -> Message | list[Message]:
    if step["rpc"] != "WatchToken":
        return await getattr(client, step["rpc"].lower())(request_of(step), timeout=timeout_of(step))
    messages: list[Message] = []
    async with aclosing(client.watch_token(request_of(step), timeout=timeout_of(step))) as codes:
        async for response in codes:
            messages.append(response)
            if len(messages) == step["take"]:
                break
    return messages


async def main(path: str) -> None:
    for connected, step, line in steps(path, OtpClient):
        try:
            client = connected()
            for _ in range(step.get("repeat", 1)):
                response = await call(client, step)
            line.update(succeeded(response))
        except OtpError as error:
            line.update(failed(error))
        except ValueError as error:
            line.update(refused(error))


asyncio.run(main(sys.argv[1]))
