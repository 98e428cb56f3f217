#!/usr/bin/env bash
# prerequisites.sh [--with-node] PYTHON: says all that is missing here, before anything is set up.
node_wanted=
[ "${1:-}" = --with-node ] && node_wanted=1 && shift
python=${1:-}
missing=0

miss() {
  printf '%s\n' "$1" >&2
  missing=1
}

if [ -z "$python" ]; then
  miss 'GlobalWS needs Python 3.11, 3.12 or 3.13. If it is not on the PATH: make PYTHON=/path/to/python3.13'
elif ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
  miss "GlobalWS needs Python 3.11, 3.12 or 3.13; $python is $("$python" --version 2>&1)"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  miss "$python cannot make virtual environments (on Debian and Ubuntu: apt install $(basename "$(readlink -f "$python")")-venv)"
fi
if [ -n "$node_wanted" ]; then
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    miss 'GlobalWS needs Node.js 20.19 or newer, with npm, for its web client'
  elif ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    miss "GlobalWS needs Node.js 20.19 or newer; $(command -v node) is $(node --version)"
  fi
fi
exit $missing
