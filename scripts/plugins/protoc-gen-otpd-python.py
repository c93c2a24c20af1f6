"""A protoc plugin that makes a package of the client, `otpd.v1` or `otpd.admin_v1`: messages, stubs and their types, from the plugins that Google and mypy-protobuf ship.

protoc takes the import path of generated Python from the path of the proto file, which would claim the top-level name `otp` in every program
that installs the client. So the files are given to the real plugins under the names that the package has. The parameter is the name of the package
to make.
"""

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

PACKAGES = {"otp/v1/": "otpd/v1/", "otp/admin/v1/": "otpd/admin_v1/"}


def main() -> None:
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    rename(request)
    package = f"otpd/{request.parameter}/"
    ours = [
        file for file in request.proto_file if file.name in request.file_to_generate and file.name.startswith(package)
    ]
    response = CodeGeneratorResponse(supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL)
    if ours:
        for name, content in generate(request, package, ours):
            response.file.add(name=name, content=content)
        response.file.add(name="__init__.py", content=index(ours))
    sys.stdout.buffer.write(response.SerializeToString())


def rename(request: CodeGeneratorRequest) -> None:
    """Moves the contract's files, and what refers to them, to the packages of the client."""
    request.file_to_generate[:] = [moved(name) for name in request.file_to_generate]
    for file in request.proto_file:
        file.name = moved(file.name)
        file.dependency[:] = [moved(name) for name in file.dependency]


def moved(name: str) -> str:
    for source, package in PACKAGES.items():
        if name.startswith(source):
            return package + name[len(source) :]
    return name


def generate(request: CodeGeneratorRequest, package: str, files: list[FileDescriptorProto]) -> list[tuple[str, str]]:
    """Runs protoc on the descriptors: the generated files, by their names below the package."""
    services = {Path(file.name).stem + "_pb2_grpc" for file in files if file.service}
    with tempfile.TemporaryDirectory() as folder:
        descriptors, out = Path(folder, "descriptors.binpb"), Path(folder, "out")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out.mkdir()
        scripts = sysconfig.get_path("scripts")
        subprocess.run(
            [
                *(sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_in={descriptors}"),
                *(f"--python_out={out}", f"--grpc_python_out={out}"),
                *(f"--plugin=protoc-gen-{plugin}={scripts}/protoc-gen-{plugin}" for plugin in ("mypy", "mypy_grpc")),
                *(f"--mypy_out=quiet:{out}", f"--mypy_grpc_out=quiet:{out}"),
                *(file.name for file in files),
            ],
            check=True,
            stdout=sys.stderr,
        )
        root = out / package
        # protoc writes a file of stubs for every proto file; only those with a service have any.
        kept = (path for path in sorted(root.iterdir()) if path.stem in services or not path.stem.endswith("_grpc"))
        return [(path.name, path.read_text(encoding="utf-8")) for path in kept]


def index(files: list[FileDescriptorProto]) -> str:
    """The `__init__.py` that gathers the messages, enums and enum values of all files."""
    lines = [f'"""The messages of the package `{files[0].package}`."""\n']
    exported: list[str] = []
    reasons: list[str] = []
    for file in sorted(files, key=lambda file: file.name):
        module = Path(file.name).stem + "_pb2"
        values = [value.name for enum in file.enum_type for value in enum.value]
        names = sorted([item.name for item in (*file.enum_type, *file.message_type)] + values)
        exported += names
        reasons += [value.name for enum in file.enum_type if enum.name == "ErrorReason" for value in enum.value[1:]]
        lines += [f"from .{module} import (", *(f"    {name}," for name in names), ")"]
    if reasons:
        exported.append("ErrorReasonName")
        # Errors are told apart by the names: the numbers say nothing to a reader.
        lines[1:1] = ["from typing import Literal\n"]
        lines += ["", "ErrorReasonName = Literal[", *(f'    "{name}",' for name in reasons), "]"]
    lines += ["", "__all__ = [", *(f'    "{name}",' for name in sorted(exported)), "]"]
    return "\n".join(lines) + "\n"


main()
