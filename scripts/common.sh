# Shared by the scripts of this folder: `. "$(dirname "$0")/common.sh"`. Defines functions, changes nothing.
# shellcheck shell=bash

# The top of the source tree, wherever the script was called from.
root_folder() { (cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P); }

say() { printf '%s\n' "== $*"; }
die() { printf '%s\n' "error: $*" >&2; exit 1; }

# The folder of initdb and postgres. Debian keeps them out of PATH, one folder a version.
server_programs() {
    local folder
    for folder in "${POSTGRES_BIN:-}" "$(dirname "$(readlink -f "$(command -v initdb || echo /nowhere/initdb)")")" \
        $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn) \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /usr/pgsql-*/bin; do
        [ -n "$folder" ] && [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/psql" ] && {
            (cd "$folder" && pwd -P)
            return 0
        }
    done
    return 1
}

# initdb refuses root, so root becomes somebody else for the server's programs.
server_account() {
    if [ "$(id -u)" != 0 ]; then id -un; elif id -u postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

as_server_account() {
    local account
    account=$(server_account)
    if [ "$account" = "$(id -un)" ]; then
        "$@"
    elif command -v runuser >/dev/null 2>&1; then
        runuser -u "$account" -- "$@"
    elif command -v setpriv >/dev/null 2>&1; then
        setpriv --reuid="$account" --regid="$(id -g "$account")" --clear-groups -- "$@"
    else
        die "need runuser or setpriv to start PostgreSQL as '$account' (PostgreSQL does not run as root)"
    fi
}
