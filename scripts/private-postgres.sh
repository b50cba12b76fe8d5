#!/usr/bin/env bash
# A private PostgreSQL server in one folder: never the system's cluster, gone when the folder is removed.
#
#   private-postgres.sh create  FOLDER    initialise, start, load the shop database, make the role "reader"
#   private-postgres.sh start   FOLDER    start again after stop or a crash
#   private-postgres.sh stop    FOLDER    stop at once
#   private-postgres.sh remove  FOLDER    stop and remove the folder
#
# FOLDER/env tells where it is: PGHOST (the socket's folder), PGPORT (also on 127.0.0.1), PGPASSFILE (superuser "postgres").
# FOLDER/reader.password holds the password of "reader", for password_file.
set -euo pipefail
. "$(dirname "$0")/common.sh"

verb=${1:-} folder=${2:-}
[ -n "$folder" ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
programs=$(server_programs) || die "PostgreSQL's server programs were not found; run scripts/bootstrap.sh"

secret() { od -An -N18 -tx1 /dev/urandom | tr -d ' \n'; }
# Below the ports that the system gives to whoever asks for any: nobody takes it while the server is stopped.
free_port() { echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000)); }

launch() { # one try; the log says why it failed
    as_server_account "$programs/pg_ctl" -D "$folder/data" -l "$folder/log/server.log" -w -t 60 -s start </dev/null >/dev/null
}

create() {
    local account superuser reader try
    account=$(server_account)
    mkdir -p "$folder"
    # The server's account must pass through the folder; what it must not read is closed file by file.
    chmod 711 "$folder"
    mkdir "$folder/run" "$folder/log" "$folder/data"
    chmod 700 "$folder/data" "$folder/log"
    chmod 755 "$folder/run"
    superuser=$(secret) reader=$(secret)
    (umask 077; printf '%s\n' "$superuser" >"$folder/log/superuser.password")
    [ "$account" = "$(id -un)" ] || chown -R "$account" "$folder/run" "$folder/log" "$folder/data"
    # Passwords on every way in: on a shared machine a trusted loopback port would hand out a superuser.
    as_server_account "$programs/initdb" -D "$folder/data" -U postgres --pwfile="$folder/log/superuser.password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 </dev/null \
        || as_server_account "$programs/initdb" -D "$folder/data" -U postgres --pwfile="$folder/log/superuser.password" \
            --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1 </dev/null \
        || { cat "$folder/initdb.log" >&2; die "initdb failed"; }
    rm -f "$folder/log/superuser.password"

    for try in 1 2 3 4 5; do
        PORT=$(free_port)
        as_server_account tee "$folder/data/postgresql.auto.conf" >/dev/null <<CONF
port = $PORT
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder/run'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 60
shared_buffers = 64MB
log_min_messages = warning
CONF
        if launch 2>/dev/null; then break; fi
        [ "$try" != 5 ] || { tail -20 "$folder/log/server.log" >&2 || true; die "PostgreSQL did not start"; }
    done

    (
        umask 077
        printf '%s\n' "*:$PORT:*:postgres:$superuser" "*:$PORT:*:reader:$reader" >"$folder/pgpass"
        printf '%s\n' "$reader" >"$folder/reader.password"
        cat >"$folder/env" <<ENV
export PGHOST='$folder/run'
export PGPORT='$PORT'
export PGUSER='postgres'
export PGPASSFILE='$folder/pgpass'
export POSTGRES_BIN='$programs'
ENV
    )
    . "$folder/env"
    "$programs/psql" -X -q -v ON_ERROR_STOP=1 -d postgres -c 'CREATE DATABASE shop' </dev/null
    "$programs/psql" -X -q -v ON_ERROR_STOP=1 -d shop -f "$(root_folder)/scripts/shop.sql" </dev/null
    # The password goes in on standard input, so that it is in no process list.
    "$programs/psql" -X -q -v ON_ERROR_STOP=1 -d shop <<SQL
CREATE ROLE reader LOGIN PASSWORD '$reader' CONNECTION LIMIT 40;
GRANT CONNECT ON DATABASE shop TO reader;
GRANT USAGE ON SCHEMA public TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader;
SQL
}

stop() {
    [ -s "$folder/data/postmaster.pid" ] || return 0
    as_server_account "$programs/pg_ctl" -D "$folder/data" -m immediate -w -t 30 -s stop </dev/null >/dev/null 2>&1 || true
}

case "$verb" in
    create) create ;;
    start) launch || { tail -20 "$folder/log/server.log" >&2; die "PostgreSQL did not start"; } ;;
    stop) stop ;;
    remove)
        # Only a folder that this script made is removed.
        [ -e "$folder/data" ] || exit 0
        stop
        rm -rf "$folder" ;;
    *) die "unknown verb '$verb': create, start, stop or remove" ;;
esac
