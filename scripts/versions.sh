#!/usr/bin/env bash
# versions.sh PYTHON NODE: set-up, the unit tests and a session with each SDK, installed from its package, on the real
# stack, with another Python (3.11, 3.12, 3.13) and another Node (20, 22, 24), in a clone of what is committed.
# Both are taken from this machine (PATH, pyenv) or fetched (by uv, and as the npm package "node").
set -euo pipefail
cd "$(dirname "$0")/.."
wanted_python=$1 wanted_node=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find_python() {
  local each
  for each in "python$wanted_python" "$HOME/.pyenv/versions/$wanted_python."*/bin/python; do
    each=$(command -v "$each") && "$each" -c '' 2>/dev/null && echo "$each" && return
  done
  .venv/bin/uv python install --quiet "$wanted_python" && .venv/bin/uv python find "$wanted_python"
}

python=$(find_python)
npm install --silent --no-audit --no-fund --prefix "$work/node" "node@$wanted_node"
export PATH="$work/node/node_modules/.bin:$PATH"
echo "$("$python" --version), Node $(node --version)"
git clone --quiet . "$work/clone"
cd "$work/clone"
make setup-dev PYTHON="$python"
.venv/bin/python -m pytest -q -p no:cacheprovider -n 2 tests/unit
npm run --silent test --workspace client
.venv/bin/python -m pytest -q -p no:cacheprovider -m registry tests/e2e
