#!/usr/bin/env bash
# install.sh ENVIRONMENT ARGUMENTS...: `pip install ARGUMENTS` into ENVIRONMENT (a folder), by uv,
# which takes seconds where pip takes minutes; by pip if uv is not available or fails. uv reads none
# of pip's settings, so it gets the index that pip uses.
set -euo pipefail
environment=$1
shift
python=$environment/bin/python
uv=.venv/bin/uv

if [ -x "$uv" ]; then
  index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}
  "$uv" pip install -q ${index:+--default-index "$index"} --python "$python" "$@" && exit
  echo "  uv failed; trying the same with pip" >&2
fi
"$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null
exec "$python" -m pip install -qq --no-compile --disable-pip-version-check "$@"
