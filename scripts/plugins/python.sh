# Python: protoc with its generators (grpcio-tools) and the types with docstrings (mypy-protobuf), from PyPI, in a virtual environment.
# protobuf 6 code runs on protobuf 6 and 7; the stubs of grpcio-tools 1.80 run from Python 3.9 on.
PYTHON_PLUGINS=(grpcio-tools==1.80.1 mypy-protobuf==5.1.0 protobuf==6.33.6)

install_python() {
  local venv=$PWD/.plugins/python stamp=$PWD/.plugins/python/installed
  [ "$(cat "$stamp" 2>/dev/null)" = "${PYTHON_PLUGINS[*]}" ] && return
  rm -rf "$venv"
  python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check "${PYTHON_PLUGINS[@]}" || return 1
  echo "${PYTHON_PLUGINS[*]}" >"$stamp"
}
