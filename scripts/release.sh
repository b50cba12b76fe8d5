#!/usr/bin/env bash
# Builds agentd and agentctl optimised. A scratch path of its own: flags that differ in one path rebuild everything.
set -euo pipefail
cd "$(dirname "$0")/.."
# A compiler newer than the project's may warn of more; that must not stop a user's build.
unset POSTGRES_AGENT_STRICT
# With the Swift libraries inside, the programs run where there is no toolchain, and start faster. (macOS has them.)
flags=()
[ "$(uname -s)" != Linux ] || flags=(--static-swift-stdlib)
for product in agentd agentctl "$@"; do
    swift build -c release --scratch-path .build-release ${flags[@]+"${flags[@]}"} --product "$product" </dev/null
done
