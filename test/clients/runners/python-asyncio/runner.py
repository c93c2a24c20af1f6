"""Runs the cases of a configuration with the Python client for asyncio, and prints one line of JSON for each step."""

import asyncio
import json
import sys
from contextlib import aclosing
from pathlib import Path

from google.protobuf.message import Message
from otpd import OtpError
from otpd.aio import AdminClient, OtpClient

sys.path.append(str(Path(__file__).parent.parent / "python"))
from crowd import call_together
from scenario import Values, call_of, failed, options_of, refused, request_of, steps, succeeded  # noqa: E402


async def call(client: OtpClient | AdminClient, step: Values, headers: dict[str, str]) -> Message | list[Message]:
    answer = getattr(client, call_of(step))(request_of(step), **options_of(step, headers))
    if step["rpc"] != "WatchToken":
        return await answer
    messages: list[Message] = []
    async with aclosing(answer) as codes:
        async for response in codes:
            messages.append(response)
            if len(messages) == step["take"]:
                break
    return messages


async def main(path: str) -> None:
    for connected, step, line in steps(path, OtpClient, AdminClient):
        headers: dict[str, str] = {}
        try:
            client = connected()
            if step.get("closed"):
                await client.close()
            for _ in range(step.get("repeat", 1)):
                response = await call(client, step, headers)
            line.update(succeeded(response, step, headers))
        except OtpError as error:
            line.update(failed(error, step))
        except ValueError as error:
            line.update(refused(error))
    config = json.loads(Path(path).read_text())
    async with OtpClient(config["servers"]["plain"]["address"], config["keys"]["full"], plaintext=True, batching=True) as client:
        await call_together(client, config.get("crowd", []))


asyncio.run(main(sys.argv[1]))
