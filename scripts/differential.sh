#!/usr/bin/env bash
# Compares the classifier with the grammars of PostgreSQL 15 to 18 on PostgreSQL's regression SQL and mutations of it.
#
#   scripts/differential.sh [--prepare | AGENTCTL]      MUTATIONS=100000 SEED=15 GRAMMARS="15 16 17 18"
#
# AGENTCTL is the path of the program; by default the newest build. --prepare only fetches what it needs. Ends with a line "N passed, N failed"; exit 1 on a
# failure. Where PostgreSQL's sources cannot be had only the statements of Tests/Differential/own are compared.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
corpus=$("$root/scripts/fetch-corpus.sh")
# Without PostgreSQL's sources there is still the corpus of our own.
if [ -f "$root/.cache/corpus.skipped" ]; then corpus=; fi

# The last pglast for each grammar.
declare -A release=([15]=5.10 [16]=6.17 [17]=7.22 [18]=8.8)
if [ "${1:-}" = --prepare ]; then
    for grammar in ${GRAMMARS:-15 16 17 18}; do "$root/scripts/venv.sh" "pglast$grammar" "pglast==${release[$grammar]}" || true; done
    exit 0
fi
agentctl=${1:-}
if [ -z "$agentctl" ]; then
    for candidate in "$root/.build/release/agentctl" "$root/.build/debug/agentctl"; do
        if [ -x "$candidate" ]; then agentctl=$candidate; break; fi
    done
fi
[ -x "$agentctl" ] || { echo "$0: build agentctl first" >&2; exit 2; }

passed=0 failed=0
for grammar in ${GRAMMARS:-15 16 17 18}; do
    if ! python=$("$root/scripts/venv.sh" "pglast$grammar" "pglast==${release[$grammar]}"); then
        echo "pglast for the grammar of PostgreSQL $grammar does not install here: not tried"
        # The grammars of 17 and 18 must be had; the older ones depend on the Python at hand.
        if [ "$grammar" -ge 17 ]; then failed=$((failed + 1)); fi
        continue
    fi
    output=$("$python" "$root/Tests/Differential/differential.py" ${corpus:+--corpus "$corpus"} \
        --mutations "${MUTATIONS:-100000}" --seed "${SEED:-15}" --agentctl "$agentctl") || true
    echo "$output"
    if [[ $(tail -n 1 <<<"$output") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
