#!/usr/bin/env bash
# agentd over stdio and HTTP, and the conformance server over HTTP, with the official Python clients: 2.x (both eras) and 1.x, and
# the API with schemathesis, in an environment each.
# end-to-end.sh [--prepare | pytest options]: --prepare only fetches what it needs. AGENTD and AGENTCTL may name other binaries than the debug build's.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
new=$(scripts/venv.sh mcp2 mcp==2.3.0 jsonschema==4.26.0 pytest==9.2.0 PyYAML==6.0.3 tomli==2.3.0 pexpect==4.9.0 | tail -n 1)
api=$(scripts/venv.sh api schemathesis==4.32.5 jsonschema==4.26.0 pytest==9.2.0 | tail -n 1)
old=$(scripts/venv.sh mcp1 mcp==1.30.0 jsonschema==4.26.0 pytest==9.2.0 | tail -n 1)
[ "${1:-}" != --prepare ] || exit 0
bin=$(swift build --show-bin-path 2>/dev/null </dev/null)
export AGENTD=${AGENTD:-$bin/agentd} AGENTCTL=${AGENTCTL:-$bin/agentctl}
export CONFORMANCE_SERVER=${CONFORMANCE_SERVER:-$bin/conformance-server}
[ -x "$AGENTD" ] && [ -x "$AGENTCTL" ] && [ -x "$CONFORMANCE_SERVER" ] ||
    die "no agentd, agentctl and conformance-server in $bin: run 'make build' first"

status=0 empty=0
run() { # pytest; 5 says that a -k of the caller chose none of these tests
    local code=0
    "$@" || code=$?
    case $code in 0) ;; 5) empty=$((empty + 1)) ;; *) status=$code ;; esac
}
run "$new" -m pytest -c Tests/EndToEnd/pytest.ini Tests/EndToEnd --ignore=Tests/EndToEnd/browser --ignore-glob='*client_1x.py' --ignore-glob='*schemathesis.py' "$@"
run "$api" -m pytest -c Tests/EndToEnd/pytest.ini Tests/EndToEnd/*schemathesis.py "$@"
run "$old" -m pytest -c Tests/EndToEnd/pytest.ini Tests/EndToEnd/*client_1x.py "$@"
[ "$empty" != 3 ] || die "end to end: no test chosen"
[ "$status" = 0 ] || die "end to end: failed"
say "end to end: all passed"
