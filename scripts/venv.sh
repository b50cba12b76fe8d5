#!/usr/bin/env bash
# Makes (or reuses) a Python virtual environment with the given packages and prints the path of its python.
#
#   scripts/venv.sh NAME REQUIREMENT...      for instance: scripts/venv.sh pglast 'pglast==7.22'
#
# The environment is .cache/venv-NAME. It is made anew when the requirements differ from those it was made with.
# Messages go to standard error, so that standard output holds nothing but the path. PYTHON chooses the interpreter.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: $0 NAME REQUIREMENT..." >&2
    exit 2
fi
root=$(cd "$(dirname "$0")/.." && pwd)
name=$1
shift
folder=$root/.cache/venv-$name
stamp=$folder/.requirements
wanted=$(printf '%s\n' "$@")

mkdir -p "$root/.cache"
# Two scripts may ask for the same environment at once.
exec 9>"$root/.cache/venv-$name.lock"
if command -v flock >/dev/null; then flock 9; fi

if [ -x "$folder/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    echo "$folder/bin/python"
    exit 0
fi

python=${PYTHON:-python3}
rm -rf "$folder"
if ! "$python" -m venv "$folder" >&2; then
    rm -rf "$folder"
    echo "$0: $python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2
    exit 1
fi
PIP_ROOT_USER_ACTION=ignore "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-input "$@" >&2
printf '%s' "$wanted" >"$stamp"
echo "$folder/bin/python"
