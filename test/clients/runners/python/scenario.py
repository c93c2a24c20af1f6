"""What the runners for threads and for asyncio share: reading a configuration, and describing what came of a step."""

import json
import re
from functools import cache, partial, reduce
from pathlib import Path
from typing import Any, Callable, Iterator, TypeVar

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from otpd import OtpError, admin_v1, v1

Values = dict[str, Any]
Client = TypeVar("Client")
Admin = TypeVar("Admin")


def steps(
    path: str, make: Callable[..., Client], make_admin: Callable[..., Admin]
) -> Iterator[tuple[Callable[[], Client | Admin], Values, Values]]:
    """Each step with what gives its client, and the line to print; what it is to save is taken from the line once that is complete."""
    config = json.loads(Path(path).read_text())

    @cache
    def client(server: str, key: str, timeout: float | None, admin: bool, only: object) -> Client | Admin:
        return connect(make_admin if admin else make, config["servers"][server], config["keys"][key], timeout)

    for case in config["cases"]:
        saved: dict[str, str] = {}
        for index, step in enumerate(case["steps"]):
            line = {"case": case["name"], "step": index}
            request = json.loads(re.sub(r"\$\{(\w+)\}", lambda match: saved[match[1]], json.dumps(step["request"])))
            whom = step.get("server", "plain"), step.get("key", "full"), timeout_of(step, "client_deadline_ms")
            # A client that is closed is of no use to another step.
            only = object() if step.get("closed") else None
            yield partial(client, *whom, step["rpc"].startswith("admin."), only), {**step, "request": request}, line
            print(json.dumps(line), flush=True)
            for name, place in step.get("save", {}).items():
                saved[name] = reduce(lambda value, part: value[int(part) if isinstance(value, list) else part], place.split("."), line["response"])


def connect(make: Callable[..., Any], server: Values, api_key: str, timeout: float | None) -> Any:
    pems = {name: Path(server[name]).read_bytes() for name in ("ca", "cert", "key") if name in server}
    options: Values = {"plaintext": server.get("plaintext", "ca" not in pems)}
    if "ca" in pems:
        options["root_certificates"] = pems["ca"]
    if "cert" in pems:
        options["client_certificate"] = (pems["cert"], pems["key"])
    if timeout is not None:
        options["timeout"] = timeout
    return make(server["address"], api_key, **options)


def call_of(step: Values) -> str:
    """The name of the method: `GetApiKey` is `get_api_key`."""
    return re.sub(r"(?<=.)(?=[A-Z])", "_", step["rpc"].removeprefix("admin.")).lower()


def request_of(step: Values) -> Message:
    service, _, name = step["rpc"].rpartition(".")
    return ParseDict(step["request"], getattr(admin_v1 if service else v1, f"{name}Request")())


def options_of(step: Values, headers: dict[str, str]) -> Values:
    return {"timeout": timeout_of(step), **({"on_headers": headers.update} if "headers" in step else {})}


def timeout_of(step: Values, name: str = "deadline_ms") -> float | None:
    return float(step[name]) / 1000 if name in step else None


def succeeded(response: Message | list[Message], step: Values, headers: dict[str, str]) -> Values:
    several = isinstance(response, list)
    line: Values = {
        "code": "OK",
        "response": {"messages": [MessageToDict(each) for each in response]} if several else MessageToDict(response),
    }
    if "headers" in step:
        line["headers"] = {name: headers[name] for name in step["headers"]}
    return line


def failed(error: OtpError, step: Values) -> Values:
    described = {
        "reason": error.reason,
        "violations": sorted(violation.field for violation in error.field_violations),
        "retry_delay": error.retry_delay is not None,
        "request_id": error.request_id != "",
    }
    return {"code": error.code.name, "error": described, **({"text": str(error)} if step.get("text") else {})}


def refused(error: ValueError) -> Values:
    return {"code": "REFUSED", "message": str(error)}
