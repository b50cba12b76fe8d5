#!/usr/bin/env bash
# The demo: a private PostgreSQL with the sample shop, agentd in front of it, and one question answered through MCP.
# DEMO_EXIT=1 ends after the answer. Whatever ends it, server and folder are gone afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
scripts/bootstrap.sh

folder= web=
cleanup() {
    local status=$?
    trap - EXIT INT TERM HUP
    [ -z "$web" ] || { kill "$web" && wait "$web"; } 2>/dev/null || true
    [ -z "$folder" ] || scripts/private-postgres.sh remove "$folder" || true
    [ -z "$folder" ] || rm -rf "$folder"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# CI has just made a debug build for the tests; a second, optimised one would only cost time there.
if [ "${CI:-}" = true ] && debug=$(swift build --show-bin-path 2>/dev/null </dev/null) \
    && [ -x "$debug/agentd" ] && [ -x "$debug/agentctl" ] && [ -x "$debug/demo-client" ]; then
    bin=$debug
else
    say "building agentd (the first time takes some minutes)"
    scripts/release.sh demo-client
    bin=$(swift build -c release --scratch-path .build-release --show-bin-path </dev/null)
fi

say "starting a private PostgreSQL with the sample shop"
# Under /tmp and not TMPDIR: the name of a unix socket may have about a hundred bytes.
folder=$(mktemp -d /tmp/postgres-agent-demo.XXXXXX)
scripts/private-postgres.sh create "$folder"
# shellcheck disable=SC1091
port=$(. "$folder/env" && echo "$PGPORT")
cat >"$folder/agentd.yaml" <<YAML
databases:
  - name: shop
    host: 127.0.0.1
    port: $port
    database: shop
    user: reader
    password_file: reader.password
YAML
chmod 600 "$folder/agentd.yaml"

# A warning that the role could be narrower still is for operators; it would only stand in the way here.
"$bin/demo-client" "$bin/agentd" --config "$folder/agentd.yaml" --log-level error

# A second database, in which a person may approve writes.
writer=$(od -An -N18 -tx1 /dev/urandom | tr -d ' \n')
(
    # shellcheck disable=SC1091
    . "$folder/env"
    umask 077
    printf '%s\n' "$writer" >"$folder/writer.password"
    "$POSTGRES_BIN/psql" -X -q -v ON_ERROR_STOP=1 -d postgres -c 'CREATE DATABASE sandbox TEMPLATE shop' </dev/null
    # The password goes in on standard input, so that it is in no process list.
    "$POSTGRES_BIN/psql" -X -q -v ON_ERROR_STOP=1 -d sandbox <<SQL
CREATE ROLE writer LOGIN PASSWORD '$writer' CONNECTION LIMIT 10;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO writer;
SQL
    cat >"$folder/web.yaml" <<YAML
http: { enabled: true, listen: 127.0.0.1:0 }
state: { directory: state }
telemetry: { metrics_listen: }
databases:
  - { name: shop, host: 127.0.0.1, port: $port, database: shop, user: reader, password_file: reader.password }
  - { name: sandbox, host: 127.0.0.1, port: $port, database: sandbox, user: writer, password_file: writer.password, allow_writes: true }
# A language model for the chat, see Documentation/Models.md:
# llm: { provider: anthropic, model: claude-sonnet-4-5, api_key_file: anthropic.key }
YAML
)
token=$("$bin/agentctl" token create --config "$folder/web.yaml" --note demo --scope read --scope write --expires 1d 2>"$folder/token.log") \
    || { cat "$folder/token.log" >&2; die "no token was made"; }
"$bin/agentd" --http --config "$folder/web.yaml" 2>"$folder/web.log" &
web=$!
url=
for _ in $(seq 100); do
    url=$(grep 'serving MCP' "$folder/web.log" | grep -o '127\.0\.0\.1:[1-9][0-9]*' | head -n 1 || true)
    [ -z "$url" ] || break
    sleep 0.1
done
[ -n "$url" ] || { cat "$folder/web.log" >&2; die "agentd does not serve the page"; }
curl -fsS -o /dev/null "http://$url/" || die "the page is not served at http://$url/"

cat <<TEXT

The page: open http://$url/ in a browser and sign in with this token (it ends with the demo):

  $token

  Look at the schema, run SQL on the database "shop", which is read-only, and change something in "sandbox", where each write
  waits for your approval. For questions in plain language add a model to $folder/web.yaml and start
  agentd --http --config $folder/web.yaml yourself (or chat in the terminal: $bin/agentctl chat --config $folder/web.yaml).

Connect a client of your own to the shop while this runs:

  Claude Code      claude mcp add shop -- $bin/agentd --config $folder/agentd.yaml
  Claude Desktop,  { "mcpServers": { "shop": {
  Cursor               "command": "$bin/agentd",
                       "args": ["--config", "$folder/agentd.yaml"] } } }
  (VS Code and Codex: see README.md)

Three things to try in another terminal:

  1. $bin/agentctl query --config $folder/agentd.yaml "SELECT * FROM revenue_by_month ORDER BY month DESC LIMIT 6"
  2. $bin/agentctl query --config $folder/agentd.yaml "DELETE FROM orders"       (refused, and told why)
  3. echo "WITH gone AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM gone" | $bin/agentctl classify
TEXT

[ "${DEMO_EXIT:-}" != 1 ] || exit 0
printf '\nCtrl-C stops the server and removes everything.\n'
# "wait" and not a foreground sleep: the trap runs at once.
sleep 2147483647 &
waiter=$!
trap 'kill "$waiter" 2>/dev/null; printf "\n"; exit 0' INT
trap 'kill "$waiter" 2>/dev/null; exit 0' TERM HUP
wait "$waiter"
