"""Runs the cases of a configuration with the Python client, and prints one line of JSON for each step."""

import sys
from itertools import islice

from google.protobuf.message import Message
from otpd import OtpClient, OtpError
from scenario import Values, failed, refused, request_of, steps, succeeded, timeout_of


def call(client: OtpClient, step: Values) -> Message | list[Message]:
    if step["rpc"] == "WatchToken":
        return list(islice(client.watch_token(request_of(step), timeout=timeout_of(step)), step["take"]))
    return getattr(client, step["rpc"].lower())(request_of(step), timeout=timeout_of(step))


for connected, step, line in steps(sys.argv[1], OtpClient):
    try:
        client = connected()
        for _ in range(step.get("repeat", 1)):
            response = call(client, step)
        line.update(succeeded(response))
    except OtpError as error:
        line.update(failed(error))
    except ValueError as error:
        line.update(refused(error))
