#!/usr/bin/env bash
# The demo: a private PostgreSQL with the sample shop, agentd in front of it, and one question answered through MCP.
# DEMO_EXIT=1 ends after the answer. Whatever ends it, server and folder are gone afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
scripts/bootstrap.sh

folder=
cleanup() {
    local status=$?
    trap - EXIT INT TERM HUP
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

"$bin/demo-client" "$bin/agentd" --config "$folder/agentd.yaml" --log-level warning

cat <<TEXT

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
