#!/usr/bin/env bash
# The classifier's figures on a release build: scripts/bench-classifier.sh AGENTCTL
#
# Exit 1 when a limit is not kept.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
agentctl=${1:?usage: $0 AGENTCTL}
scratch=$root/.build-benchmarks
swift build --package-path "$root/Benchmarks" --scratch-path "$scratch" -c release --product ClassifierBenchmark >&2
benchmark=$(swift build --package-path "$root/Benchmarks" --scratch-path "$scratch" -c release --show-bin-path)/ClassifierBenchmark
corpus=$("$root/scripts/fetch-corpus.sh")
[ ! -f "$root/.cache/corpus.skipped" ] || corpus=
python=$("$root/scripts/venv.sh" pglast17 pglast==7.22)
exec "$python" "$root/Benchmarks/classifier.py" ${corpus:+--corpus "$corpus"} --agentctl "$agentctl" --benchmark "$benchmark"
