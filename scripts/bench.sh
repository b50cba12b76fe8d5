#!/usr/bin/env bash
# The figures of Documentation/Benchmarks.md, on the release build, with the limits they must keep. BENCH_COUNT: queries (2000); BENCH_TURNS: turns of the chat (60).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
say "release build"
scripts/release.sh
bin=$(swift build -c release --scratch-path .build-release --show-bin-path </dev/null)
say "machine: $(nproc 2>/dev/null || sysctl -n hw.ncpu) cores, $(uname -sm)"

folder=
trap '[ -z "$folder" ] || scripts/private-postgres.sh remove "$folder"' EXIT
trap 'exit 130' INT TERM
folder=$(mktemp -d /tmp/postgres-agent-bench.XXXXXX)
scripts/private-postgres.sh create "$folder"
. "$folder/env"
cat >"$folder/agentd.yaml" <<YAML
databases:
  - name: shop
    host: $folder/run
    port: $PGPORT
    database: shop
    user: reader
    password_file: reader.password
YAML
chmod 600 "$folder/agentd.yaml"

status=0
say "agentd over stdio against libpq"
# shellcheck disable=SC2046
"${CC:-cc}" -O2 -Wall -Wextra -o "$folder/stdio" Benchmarks/stdio.c $(pkg-config --cflags --libs libpq)
PGUSER=reader PGDATABASE=shop "$folder/stdio" "$bin/agentd" "$folder/agentd.yaml" "${BENCH_COUNT:-2000}" || status=1

say "memory while paging"
PGUSER=reader python3 Benchmarks/paging.py "$bin/agentd" "$folder" || status=1

say "the classifier"
scripts/bench-classifier.sh "$bin/agentctl" || status=1

say "verifying an audit log"
python3 Benchmarks/audit.py "$bin/agentctl" || status=1
say "HTTP under load"
scripts/bench-http.sh "$bin" "$folder" || status=1
say "time to the first token"
python3 Benchmarks/first_token.py "$bin" "$folder" || status=1
say "tokens"
scripts/bench-tokens.sh || status=1
[ "$status" = 0 ] && say "bench: every limit kept" || say "bench: a limit was NOT kept"
exit "$status"
