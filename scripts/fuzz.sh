#!/usr/bin/env bash
# Builds the libFuzzer programs of Fuzz/ and runs each for a number of seconds.
#
#   scripts/fuzz.sh [SECONDS] [TARGET...]       30 seconds and all targets by default; TARGET: lexer, jsonrpc, configuration
#
# FUZZ_BUILD is the scratch path (.build-fuzz); that of a release build has the C libraries compiled already.
#
# What is found lies in .cache/fuzz/<target>/ beside the corpus that grew. Exit 1 on a finding.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-30}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(lexer jsonrpc configuration)
declare -A program=([lexer]=FuzzLexer [jsonrpc]=FuzzJSONRPC [configuration]=FuzzConfiguration)

build=${FUZZ_BUILD:-$root/.build-fuzz}
failed=0
for target in "${targets[@]}"; do
    name=${program[$target]:?no such target: $target}
    POSTGRES_AGENT_FUZZ=1 swift build --package-path "$root" --scratch-path "$build" -c release --product "$name" \
        -Xswiftc -sanitize=fuzzer -Xswiftc -sanitize=address
    # Linked by hand: the package manager would want a main of its own.
    swiftc -sanitize=fuzzer,address -o "$build/$name" "$build/release/lib$name.a" 2>&1 |
        grep -v 'Cannot export local symbol' || true
    work=$root/.cache/fuzz/$target
    mkdir -p "$work/corpus"
    dictionary=()
    if [ -f "$root/Fuzz/Corpora/$target.dict" ]; then dictionary=(-dict="$root/Fuzz/Corpora/$target.dict"); fi
    echo "fuzzing $target for $seconds s"
    if ! ASAN_OPTIONS=detect_leaks=0 "$build/$name" "${dictionary[@]}" -max_total_time="$seconds" -timeout=5 \
        -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 -artifact_prefix="$work/" \
        "$work/corpus" "$root/Fuzz/Corpora/$target" >"$work/log" 2>&1; then
        tail -n 40 "$work/log"
        echo "$target: a finding, see $work"
        failed=1
    else
        grep -E 'stat::(number_of_executed_units|peak_rss_mb)' "$work/log"
        echo "$target: no finding"
    fi
done
exit $failed
