"""Runs the cases of a configuration with the Python client, and prints one line of JSON for each step."""

import json
import re
import sys
from functools import cache, reduce
from itertools import islice
from pathlib import Path
from typing import Any, Callable

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from otpd import OtpClient, OtpError, v1

Values = dict[str, Any]


def main(path: str) -> None:
    config = json.loads(Path(path).read_text())

    @cache
    def client(server: str, key: str) -> OtpClient:
        return connect(config["servers"][server], config["keys"][key] or "")

    for case in config["cases"]:
        saved: dict[str, str] = {}
        for index, step in enumerate(case["steps"]):
            result = run(client(step.get("server", "plain"), step.get("key", "full")), step, saved)
            print(json.dumps({"case": case["name"], "step": index, **result}), flush=True)


def connect(server: Values, api_key: str) -> OtpClient:
    if "ca" not in server:
        return OtpClient(server["address"], api_key, plaintext=True)
    ca, *pair = (Path(server[name]).read_bytes() for name in ("ca", "cert", "key") if name in server)
    return OtpClient(
        server["address"], api_key, root_certificates=ca, client_certificate=(pair[0], pair[1]) if pair else None
    )


def run(client: OtpClient, step: Values, saved: dict[str, str]) -> Values:
    request = json.loads(re.sub(r"\$\{(\w+)\}", lambda match: saved[match[1]], json.dumps(step["request"])))
    try:
        for _ in range(step.get("repeat", 1)):
            response = call(client, step, request)
    except OtpError as error:
        return {"code": error.code.name, "error": described(error)}
    for name, path in step.get("save", {}).items():
        saved[name] = reduce(lambda value, part: value[part], path.split("."), response)
    return {"code": "OK", "response": response}


def call(client: OtpClient, step: Values, request: Values) -> Values:
    timeout = step["deadline_ms"] / 1000 if "deadline_ms" in step else None
    message = ParseDict(request, getattr(v1, f"{step['rpc']}Request")())
    if step["rpc"] == "WatchToken":
        return {
            "messages": [
                MessageToDict(each) for each in islice(client.watch_token(message, timeout=timeout), step["take"])
            ]
        }
    methods: dict[str, Callable[..., Message]] = {
        "Generate": client.generate,
        "Token": client.token,
        "Verify": client.verify,
    }
    return MessageToDict(methods[step["rpc"]](message, timeout=timeout))


def described(error: OtpError) -> Values:
    return {
        "reason": error.reason,
        "violations": sorted(violation.field for violation in error.field_violations),
        "retry_delay": error.retry_delay is not None,
        "request_id": error.request_id != "",
    }


main(sys.argv[1])
