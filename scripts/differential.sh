#!/usr/bin/env bash
# The classifier against PostgreSQL's own grammar, on PostgreSQL's own regression SQL and mutations of it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
# A mirror may be slow once; in CI it is asked three times and then the part fails, elsewhere it is said and skipped.
for try in 1 2 3; do
    scripts/fetch-corpus.sh >/dev/null
    [ -e .cache/corpus.skipped ] || break
    [ "${CI:-}" = true ] || { say "comparison with PostgreSQL's grammar: SKIPPED, its regression SQL could not be fetched"; exit 0; }
    [ "$try" != 3 ] || die "PostgreSQL's regression SQL could not be fetched"
    sleep 10
done
