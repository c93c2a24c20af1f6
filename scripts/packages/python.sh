# The client for Python, for PyPI.
TOOLS=(build==1.6.1 twine==7.0.0)

[ -x "$tools/python/bin/python" ] || python3 -m venv "$tools/python"
"$tools/python/bin/pip" install --quiet --disable-pip-version-check "${TOOLS[@]}"
"$tools/python/bin/python" -m build --outdir "$out" clients/python >/dev/null
"$tools/python/bin/twine" check --strict "$out"/*
contains "$out/otpd_client-$version-py3-none-any.whl" otpd/{__init__.py,py.typed,service_config.json} \
  "otpd_client-$version.dist-info/licenses/LICENSE"
contains "$out/otpd_client-$version.tar.gz" "otpd_client-$version"/{LICENSE,README.md,pyproject.toml}
