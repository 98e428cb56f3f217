#!/usr/bin/env bash
# find_python.sh: prints the newest Python here that GlobalWS runs on, or nothing. A command that is
# found may still not work (pyenv's shims), so each is tried.
for name in python3.13 python3.12 python3.11 python3 python; do
  path=$(command -v "$name") || continue
  "$path" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue
  echo "$path"
  exit
done
