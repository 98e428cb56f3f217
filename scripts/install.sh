#!/usr/bin/env bash
# install.sh ENVIRONMENT ARGUMENTS...: `pip install ARGUMENTS` into ENVIRONMENT (a folder), by uv,
# which takes seconds where pip takes minutes; by pip where uv is not to be had or fails. uv reads none of
# pip's settings, so it is told of the index that pip uses.
set -euo pipefail
environment=$1
shift
python=$environment/bin/python
uv=.venv/bin/uv

if [ ! -x "$uv" ]; then
  .venv/bin/python -m pip install -qq --disable-pip-version-check -r requirements/uv.txt ||
    echo "  uv is not to be had here; pip takes its place" >&2
fi
if [ -x "$uv" ]; then
  index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
  "$uv" pip install -q ${index:+--default-index "$index"} --python "$python" "$@" && exit
  echo "  uv failed; trying the same with pip" >&2
fi
exec "$python" -m pip install -qq --no-compile --disable-pip-version-check "$@"
