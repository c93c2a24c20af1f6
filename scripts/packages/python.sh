# The client for Python, for PyPI.
TOOLS=(build==1.6.1 twine==7.0.0)
PDOC=16.0.0
PYRIGHT=1.1.414

[ -x "$tools/python/bin/python" ] || python3 -m venv "$tools/python"
"$tools/python/bin/pip" install --quiet --disable-pip-version-check "${TOOLS[@]}"
"$tools/python/bin/python" -m build --outdir "$out" clients/python >/dev/null
"$tools/python/bin/twine" check --strict "$out"/*
contains "$out/otpd_client-$version-py3-none-any.whl" otpd/{__init__.py,py.typed,service_config.json} \
  "otpd_client-$version.dist-info/licenses/LICENSE"
contains "$out/otpd_client-$version.tar.gz" "otpd_client-$version"/{LICENSE,README.md,pyproject.toml}

# In a project that has nothing else: the types of both programs of the README, and what they do.
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cd "$project"
first_block python "$root/clients/python/README.md" >first.py
first_block python <(sed '0,/^```python$/d' "$root/clients/python/README.md") >first_async.py
grep -q 'otpd.aio' first_async.py || { echo "the README has no program for asyncio" >&2; exit 1; }
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check "$out"/*.whl -r "$root/test/clients/runners/python/checks.txt"
quietly .venv/bin/mypy --strict first.py first_async.py
npm install --silent --no-audit --no-fund --prefix "$tools" "pyright@$PYRIGHT"
echo '{ "typeCheckingMode": "strict", "venvPath": ".", "venv": ".venv" }' >pyrightconfig.json
quietly "$tools/node_modules/.bin/pyright" --warnings first.py first_async.py
for program in first.py first_async.py; do accepted .venv/bin/python "$program"; done

# The documentation, without a warning.
.venv/bin/pip install --quiet --disable-pip-version-check "pdoc==$PDOC"
quietly .venv/bin/python -W error -m pdoc --output-directory docs otpd otpd.aio
