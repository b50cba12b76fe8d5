#!/usr/bin/env bash
# The page in a headless Chromium, against a real agentd and a real PostgreSQL.
# browser.sh [--prepare | pytest options]: --prepare only fetches what it needs. AGENTD and AGENTCTL may name other binaries than the debug build's, CHROMIUM another browser. With
# --numprocesses=2 --dist=loadfile they run by two, each with servers and a browser of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
python=$(scripts/venv.sh browser playwright==1.55.0 axe-playwright-python==0.1.8 jsonschema==4.26.0 pytest==9.2.0 pytest-xdist==3.8.0 | tail -n 1)
[ "${1:-}" != --prepare ] || exit 0
if [ -z "${AGENTD:-}" ] || [ -z "${AGENTCTL:-}" ]; then
    bin=$(swift build --show-bin-path 2>/dev/null </dev/null)
    export AGENTD=${AGENTD:-$bin/agentd} AGENTCTL=${AGENTCTL:-$bin/agentctl}
fi
[ -x "$AGENTD" ] && [ -x "$AGENTCTL" ] || die "no agentd and agentctl: run 'make build' first"
exec "$python" -m pytest -c Tests/EndToEnd/pytest.ini Tests/EndToEnd/browser "$@"
