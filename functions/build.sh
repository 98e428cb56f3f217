#!/usr/bin/env bash
# build.sh: builds one function into $ARTIFACTS_DIR: its packages, the sources, and both compiled.
# Called by Makefile. Lambda cannot write .pyc files beside the code, so without them each cold start
# compiles each module again: half of Replay's init (docs/performance.md).
#
# MAKEFILE           the path of functions/Makefile; this script itself runs in a copy of the folder
# FUNCTIONS_RUNTIME  the runtime to build for; if not set, the default of template.yaml's PythonRuntime
# FUNCTIONS_PYTHON   a Python to try first
set -euo pipefail

runtime=${FUNCTIONS_RUNTIME:-$(awk '/^  PythonRuntime:/ { found = 1 } found && /Default:/ { print $2; exit }' \
  "$(dirname "${MAKEFILE# }")/../template.yaml")}
version=${runtime#python}

is_version() { # is_version PYTHON: it works and has the runtime's version
  [ "$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$version" ]
}

compiler() { # the runtime's own Python, found here or fetched by uv
  local each
  for each in ${FUNCTIONS_PYTHON:+"$FUNCTIONS_PYTHON"} "python$version" python3 python; do
    is_version "$each" && command -v "$each" && return
  done
  each="$(pyenv prefix "$version" 2>/dev/null)/bin/python" # pyenv puts only the chosen ones on the PATH
  is_version "$each" && echo "$each" && return
  command -v uv >/dev/null || return 0
  uv python find "$version" 2>/dev/null && return
  uv python install --quiet "$version" 2>/dev/null && uv python find "$version" 2>/dev/null || true
}

installer() { # any Python with pip
  local each
  # The first on the PATH may be the SAM CLI's own, which may have none.
  { printf '%s\n' "$python" "${FUNCTIONS_PYTHON:-}" && type -aP python3 python; } | while read -r each; do
    [ -n "$each" ] && "$each" -m pip --version >/dev/null 2>&1 && echo "$each" && break
  done | grep . && return
  echo "sam build needs a Python with pip on the PATH" >&2
  return 1
}

# compile FOLDER PATH...: the same way every time, so that an unchanged function is an unchanged zip.
# Never checked against the sources: nobody edits them in Lambda.
compile() {
  local folder=$1
  shift
  [ -z "$python" ] || PYTHONHASHSEED=0 "$python" -m compileall -q --invalidation-mode unchecked-hash \
    -s "$folder" -p /var/task "$@"
}

packages() { # packages FOLDER: without machine code, so that one build runs on either architecture
  local pip
  pip=$(installer)
  "$pip" -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
    --python-version "$version" --implementation py --abi none --platform any --only-binary=:all: \
    --target "$1.new" --requirement requirements.txt
  rm -rf "$1.new/bin"
  find "$1.new" -name __pycache__ -prune -exec rm -rf {} +
  compile "$1.new" "$1.new"
  [ -n "$python" ] || echo "functions: no Python $version here, so they are not compiled and start more slowly"
  mv "$1.new" "$1"
}

# All functions have the same packages and the same Python: the first of a build, which may run them side
# by side, finds the Python (uv may have to try to fetch it), installs the packages and compiles them for
# all, beside the functions' folders, where SAM makes room before each build.
shared="${ARTIFACTS_DIR%/*}/.packages-$version-$(cksum <requirements.txt | cut -d' ' -f1)"
if mkdir "$shared.lock" 2>/dev/null; then
  trap 'rmdir "$shared.lock"' EXIT
  python=$(compiler)
  echo "$python" >"$shared.python"
  packages "$shared"
  trap - EXIT
fi
until [ -d "$shared" ]; do
  [ -d "$shared.lock" ] || { echo "another function's build could not install the packages" >&2; exit 1; }
  sleep 0.1
done
python=$(cat "$shared.python")
cp -R "$shared/." "$ARTIFACTS_DIR"
cp ./*.py requirements.txt "$ARTIFACTS_DIR"
cp -R globalws_functions "$ARTIFACTS_DIR"
find "$ARTIFACTS_DIR/globalws_functions" -name __pycache__ -prune -exec rm -rf {} +
compile "$ARTIFACTS_DIR" "$ARTIFACTS_DIR"/*.py "$ARTIFACTS_DIR/globalws_functions"
