#!/usr/bin/env bash
# Every test: Swift, then the official Python clients end to end, the page in a browser, the files of deploy/, and the comparison with PostgreSQL's own
# grammar. In CI also the optimised build and 30 s of each fuzzer. Fails when one part fails, and says at the end which did.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
export POSTGRES_AGENT_STRICT=1
SECONDS=0
# A person is told at once what to install; in CI it is installed while the compiler is busy.
early=tests late=
[ "${CI:-}" != true ] || early=build late=tests
scripts/bootstrap.sh "$early"

failed=() times=()
# What a part prints, and what of it says why it failed: repeated at the end, since of a long log often only the end is kept.
printed=$(mktemp) causes=$(mktemp)
trap 'rm -f "$printed" "$causes"' EXIT
took() { times+=("$(printf '%6d s  %s' $((SECONDS - $2)) "$1")"); } # NAME BEGUN
part() { # NAME COMMAND…
    local name=$1 begun=$SECONDS code=0
    shift
    say "$name"
    # No pipe: it would wait for whatever a test leaves behind, and so would the time limit. The end is what comes at once.
    "$@" </dev/null > >(tee "$printed") 2>&1 || code=$?
    sleep 0.5
    if [ "$code" = 0 ]; then
        say "$name: passed ($((SECONDS - begun)) s)"
    else
        say "$name: FAILED ($((SECONDS - begun)) s)"
        failed+=("$name")
        {
            say "what failed of: $name"
            grep -aE '✘|^FAILED |^ERROR |[Ff]atal error|[Ee]rror: |unexpected signal' "$printed" | head -n 40 | cut -c -500 || true
            tail -n 15 "$printed" | cut -c -500
        } >>"$causes"
    fi
    took "$name" "$begun"
}

# What the later parts fetch comes while the compiler is busy. What cannot be had is noticed there, by the part that needs it.
prefetched=$(mktemp)
prefetch() {
    [ -z "$late" ] || scripts/bootstrap.sh "$late"
    scripts/end-to-end.sh --prepare
    scripts/browser.sh --prepare
    scripts/check-deploy.sh --prepare
    scripts/differential.sh --prepare
}
prefetch </dev/null >"$prefetched" 2>&1 &
fetching=$!

took "what the machine lacked" 0
say "debug build"
begun=$SECONDS
swift build --build-tests </dev/null
took "debug build" "$begun"
wait "$fetching" || cat "$prefetched"
rm -f "$prefetched"

# What the tests make of secrets, and what their agentd and agentctl say and show meanwhile: the last part looks through it.
POSTGRES_AGENT_EVIDENCE=$(mktemp -d)
export POSTGRES_AGENT_EVIDENCE
# What the parts that run beside others print.
results=$(mktemp -d)
python3 scripts/sample-processes.py "$POSTGRES_AGENT_EVIDENCE" </dev/null &
sampler=$!
trap 'kill "$sampler" 2>/dev/null || true; rm -rf "$results" "$POSTGRES_AGENT_EVIDENCE" "$printed" "$causes"' EXIT

# Parts that run beside others.
beside() { # NAME COMMAND…
    local name=$1 code=0 begun=$SECONDS
    shift
    "$@" </dev/null >"$results/$name" 2>&1 || code=$?
    echo "took $((SECONDS - begun)) s beside others" >>"$results/$name"
    echo "$code" >"$results/$name.code"
}
result() { cat "$results/$1"; return "$(cat "$results/$1.code")"; }
# What a user builds: the optimiser has crashed where every debug build passed. It takes of the processors what the tests leave,
# which wait a good third of the time. (macOS has no chrt.)
releasing=
if [ "${CI:-}" = true ]; then
    leftover=()
    ! command -v chrt >/dev/null 2>&1 || leftover=(chrt --idle 0)
    {
        beside release ${leftover[@]+"${leftover[@]}"} scripts/release.sh
        FUZZ_BUILD=$PWD/.build-release beside fuzzing scripts/fuzz.sh 30
    } &
    releasing=$!
fi

# One target at a time, few tests of it at once: what keeps a core busy for seconds would starve tests that wait with a
# deadline. A test that waits for ever must fail and not hold up everything. (macOS has no timeout.)
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-3}
guard=()
! command -v timeout >/dev/null 2>&1 || guard=(timeout --kill-after=30 1200)
for tests in Tests/*Tests; do
    target=$(basename "$tests")
    part "$target" ${guard[@]+"${guard[@]}"} swift test --skip-build --disable-xctest --filter "^$target\\." --skip QueryPagingTests
done
# These look at the memory of the process, which other tests of it would share.
part "memory of paging" ${guard[@]+"${guard[@]}"} swift test --skip-build --disable-xctest --no-parallel --filter QueryPagingTests
differential() {
    scripts/differential.sh || return
    # Where PostgreSQL's sources cannot be fetched only the committed corpus is compared. In CI that is not enough.
    [ ! -e .cache/corpus.skipped ] || [ "${CI:-}" != true ] || { say "PostgreSQL's regression SQL could not be fetched"; return 1; }
}
# The clients mostly wait and the comparison keeps a core busy: they run beside each other.
beside comparison differential &
comparing=$!
# A million rows take minutes of a debug build; in CI the optimised one pages through them as soon as it is there.
million=test_a_million_rows_by_paging_stay_within_the_bound
rest=()
[ "${CI:-}" != true ] || rest=(-k "not $million")
part "end to end" scripts/end-to-end.sh ${rest[@]+"${rest[@]}"}
part "the page in a browser" scripts/browser.sh
part "files for operators" scripts/check-deploy.sh
wait "$comparing" || true
part "comparison with PostgreSQL's grammar" result comparison
if [ -n "$releasing" ]; then
    begun=$SECONDS
    wait "$releasing" || true
    took "waiting for the release build and the fuzzers" "$begun"
    part "release build" result release
    release=$PWD/.build-release/release
    part "a million rows" env AGENTD="$release/agentd" AGENTCTL="$release/agentctl" scripts/end-to-end.sh -k "$million"
    part "fuzzing, 30 s each" result fuzzing
fi
kill "$sampler" 2>/dev/null || true
part "no secret in logs and lists of processes" scripts/scan-secrets.sh "$POSTGRES_AGENT_EVIDENCE"

say "where the time went ($SECONDS s)"
printf '%s\n' "${times[@]}"
if [ ${#failed[@]} != 0 ]; then
    cat "$causes"
    printf -v list '%s; ' "${failed[@]}"
    say "make test: FAILED: ${list%; }"
    exit 1
fi
say "make test: all passed"
