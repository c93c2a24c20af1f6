"""Runs the cases of a configuration with the Python client, and prints one line of JSON for each step."""

import sys
from itertools import islice

from google.protobuf.message import Message
from otpd import AdminClient, OtpClient, OtpError
from scenario import Values, call_of, failed, options_of, refused, request_of, steps, succeeded


def call(client: OtpClient | AdminClient, step: Values, headers: dict[str, str]) -> Message | list[Message]:
    answer = getattr(client, call_of(step))(request_of(step), **options_of(step, headers))
    return list(islice(answer, step["take"])) if step["rpc"] == "WatchToken" else answer


for connected, step, line in steps(sys.argv[1], OtpClient, AdminClient):
    headers: dict[str, str] = {}
    try:
        client = connected()
        if step.get("closed"):
            client.close()
        for _ in range(step.get("repeat", 1)):
            response = call(client, step, headers)
        line.update(succeeded(response, step, headers))
    except OtpError as error:
        line.update(failed(error, step))
    except ValueError as error:
        line.update(refused(error))
