#!/usr/bin/env bash
# agentd over HTTP under load, held against pgbench with the same guarded transaction, and what idle streams cost. In the same
# turns a bare server of the same parts (Benchmarks/Sources/BareServer) shows what they leave possible. Needs wrk. Exit 1 when a
# limit is not kept.    bench-http.sh BIN FOLDER (a private PostgreSQL, started)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
bin=$1 folder=$2
. "$folder/env"
command -v wrk >/dev/null 2>&1 || { say "wrk is not installed (Debian: apt-get install wrk): HTTP under load is NOT measured"; exit 0; }
pgbench=$(command -v pgbench || echo "$POSTGRES_BIN/pgbench")
seconds=${BENCH_SECONDS:-10} connections=8 status=0 server= bare=
benchmark() { # what to do with the package of the benchmarks
    swift build --package-path Benchmarks --scratch-path .build-benchmarks -c release "$@" </dev/null
}
benchmark --product BareServer >&2
bare_program=$(benchmark --show-bin-path)/BareServer

umask 077
mkdir -p "$folder/http"
cat >"$folder/http/agentd.yaml" <<YAML
http:
  enabled: true
  listen: 127.0.0.1:0
state: { directory: state }
telemetry: { log_level: info, log_format: json, metrics_listen: }
databases:
  - name: shop
    host: $folder/run
    port: $PGPORT
    database: shop
    user: reader
    password_file: ../reader.password
    pool: { max: $connections, min: $connections }
    limits: { concurrent_per_token: $connections }
YAML
tokens=()
for _ in 1 2 3 4 5; do tokens+=("$("$bin/agentctl" token create --config "$folder/http/agentd.yaml" --expires 1d)"); done
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; [ -z "$bare" ] || kill "$bare" 2>/dev/null' EXIT
"$bin/agentd" --http --config "$folder/http/agentd.yaml" 2>"$folder/http/log" &
server=$!
port=
for _ in $(seq 100); do
    port=$(grep serving "$folder/http/log" | grep -o '127\.0\.0\.1:[1-9][0-9]*' | head -1 | cut -d: -f2 || true)
    [ -z "$port" ] || break
    sleep 0.1
done
[ -n "$port" ] || { cat "$folder/http/log" >&2; die "agentd does not serve"; }

hertz=$(getconf CLK_TCK)
cpu() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; } # user and system of a process, in clock ticks

# The statements, parameters and groups that agentd sends. Before version 17 pgbench cannot end a group within a pipeline: its
# ROLLBACK is then in the group of the others. agentd prepares the second statement once for each connection, which `-M extended`
# does not.
split='\syncpipeline'
[ "$("$pgbench" --version | grep -o '[0-9]*' | head -1)" -ge 17 ] || split=
cat >"$folder/http/guarded.sql" <<SQL
\startpipeline
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
SELECT pg_catalog.set_config('statement_timeout', :statement, true), pg_catalog.set_config('lock_timeout', :lock, true), pg_catalog.set_config('idle_in_transaction_session_timeout', :idle, true), 1 OPERATOR(pg_catalog./) (CASE WHEN pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on' AND pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.=) 'on' THEN 1 ELSE 0 END);
SELECT 1;
$split
ROLLBACK;
\endpipeline
SQL
load() { # SECONDS PORT
    BENCH_TOKEN=${tokens[0]} wrk -t2 -c32 -d"$1"s --latency -s Benchmarks/http.lua "http://127.0.0.1:$2/mcp"
}
# The figures of a run: answers a second, median and 99th percentile in microseconds, failures, bytes of an answer and, when
# they are looked into, of its body. wrk's own "Latency Distribution" has the percentiles.
figures() {
    awk '
        function us(text) { return text ~ /us$/ ? text + 0 : text ~ /ms$/ ? text * 1000 : text * 1000000 }
        $1 == "50%" { median = us($2) }
        $1 == "99%" { tail = us($2) }
        $1 == "figures" { rate = $2; bad = $3; size = $4; body = $5 }
        END { if (rate == "" || tail == "") exit 1; printf "%d %d %d %d %d %d\n", rate, median, tail, bad, size, body }'
}
middle() { sort -n | sed -n 2p; } # of three
# What is no result is no transaction. To look into each answer costs wrk what the server could have: that is done first, and
# then the answers have to be as long as these.
read -r _ _ _ failed size body < <(BENCH_CHECK=1 load 2 "$port" | figures) || die "wrk did not measure"
[ "$failed" = 0 ] || die "$failed answers of the first run were none: see $folder/http/log"
# Its port is the first line that it prints.
PGUSER=reader PGDATABASE=shop "$bare_program" "$connections" "$body" >"$folder/http/bare.port" 2>"$folder/http/bare.log" &
bare=$!
bare_port=
for _ in $(seq 100); do
    bare_port=$(head -1 "$folder/http/bare.port")
    [ -z "$bare_port" ] || break
    sleep 0.1
done
[ -n "$bare_port" ] || { cat "$folder/http/bare.log" >&2; die "the bare server does not serve"; }
load 2 "$bare_port" >/dev/null
ratios=() tails=() bare_ratios=()
# In turns, so that a busy moment of the machine meets all; of three the median.
for _ in 1 2 3; do
    baseline=$(PGUSER=reader "$pgbench" -n -M extended -D statement=30000 -D lock=2000 -D idle=40000 \
        -c "$connections" -j 2 -T "$seconds" -f "$folder/http/guarded.sql" shop 2>&1 | sed -n 's/^tps = \([0-9]*\).*/\1/p')
    [ -n "$baseline" ] || die "pgbench did not measure"
    before=$(cpu "$bare")
    read -r bare_rate _ _ bad _ < <(load "$seconds" "$bare_port" | figures) || die "wrk did not measure"
    bare_spent=$((($(cpu "$bare") - before) * 1000000 / hertz / (bare_rate * seconds + 1)))
    [ "$bad" = 0 ] || die "$bad answers of the bare server were none: see $folder/http/bare.log"
    before=$(cpu "$server")
    read -r rate median tail bad length _ < <(load "$seconds" "$port" | figures) || die "wrk did not measure"
    spent=$((($(cpu "$server") - before) * 1000000 / hertz / (rate * seconds + 1)))
    if [ $((length * 100)) -lt $((size * 95)) ] || [ $((length * 100)) -gt $((size * 105)) ]; then
        say "answers of $length bytes, and of $size when they were looked into: not the same answers"
        bad=$((bad + 1))
    fi
    printf '  pgbench %6d transactions/s, a bare server %6d (%d us of CPU each)\n' "$baseline" "$bare_rate" "$bare_spent"
    printf '  agentd over HTTP %6d (%d us of CPU each), median %6d us, p99 %7d us\n' "$rate" "$spent" "$median" "$tail"
    failed=$((failed + bad))
    ratios+=($((rate * 1000 / baseline)))
    bare_ratios+=($((bare_rate * 1000 / baseline)))
    tails+=($((tail * 10 / median)))
done
kill "$bare"
wait "$bare" || true
bare=
check() { # WHAT FIGURE UNIT COMPARISON LIMIT
    if [ "$2" "$4" "$5" ]; then verdict=kept; else verdict="NOT KEPT"; status=1; fi
    printf '  %-48s %9s %-4s limit %s  %s\n' "$1" "$2" "$3" "$5" "$verdict"
}
floor=$(printf '%s\n' "${bare_ratios[@]}" | middle)
printf '  %-48s %9s\n' "a bare server of the same, per mille of pgbench" "$floor"
check "SELECT 1 through /mcp, per mille of pgbench" "$(printf '%s\n' "${ratios[@]}" | middle)" "" -ge 500
check "p99 in tenths of the median, 32 connections" "$(printf '%s\n' "${tails[@]}" | middle)" "" -lt 200
check "answers that were none" "$failed" "" -eq 0
grown=$(printf '%s\n' "${tokens[@]}" | python3 Benchmarks/idle_streams.py "$port" "$server" 1000) || status=1
check "1,000 idle streams" "${grown:-9999}" MB -lt 60
kill "$server"
wait "$server" || status=1
server=
exit "$status"
