#!/usr/bin/env bash
# The figures of tokens on a release build. Exit 1 when a limit is not kept.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$root/.build-benchmarks
swift build --package-path "$root/Benchmarks" --scratch-path "$scratch" -c release --product TokenBenchmark </dev/null >&2
benchmark=$(swift build --package-path "$root/Benchmarks" --scratch-path "$scratch" -c release --show-bin-path </dev/null)/TokenBenchmark
folder=$(mktemp -d /tmp/postgres-agent-tokens.XXXXXX)
trap 'rm -rf "$folder"' EXIT
read -r load good wrong < <("$benchmark" "$folder")
status=0
check() { # WHAT FIGURE UNIT COMPARISON LIMIT
    if [ "$2" "$4" "$5" ]; then verdict=ok; else verdict="NOT KEPT"; status=1; fi
    printf '%-44s %9s %-3s  limit %s  %s\n' "$1" "$2" "$3" "$5" "$verdict"
}
check "reading a file of 10,000 tokens" "$load" ms -le 2000
check "verifications of good tokens, one core" "$good" /s -ge 50000
check "verifications of unknown tokens, one core" "$wrong" /s -ge 50000
exit "$status"
