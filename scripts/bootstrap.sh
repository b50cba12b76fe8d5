#!/usr/bin/env bash
# Installs what the build, the tests and the demo need and this machine lacks, and says what it is.
# As root or in CI it asks nothing; otherwise it prints the command and stops.
# bootstrap.sh [tests]: with `tests` also what only the tests need.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
for=${1:-build}

command -v swift >/dev/null 2>&1 || die "no Swift toolchain: install Swift 6.2 or newer from https://www.swift.org/install"

run_as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
may_install() { [ "$(id -u)" = 0 ] || { [ "${CI:-}" = true ] && sudo -n true 2>/dev/null; }; }

debian() {
    local missing=()
    pkg-config --exists libpq 2>/dev/null || missing+=(pkg-config libpq-dev)
    pkg-config --exists sqlite3 2>/dev/null || missing+=(libsqlite3-dev)
    pkg-config --exists zlib 2>/dev/null || missing+=(zlib1g-dev)
    server_programs >/dev/null || missing+=(postgresql)
    # Extensions that come with PostgreSQL, in a package of their own on some releases: the tests create some of them.
    ! server_programs >/dev/null || compgen -G '/usr/share/postgresql/*/extension/dblink.control' >/dev/null \
        || missing+=(postgresql-contrib)
    # A venv of Debian's python3 needs ensurepip, which is packaged apart.
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
    command -v cc >/dev/null 2>&1 || command -v clang >/dev/null 2>&1 || missing+=(gcc)
    command -v runuser >/dev/null 2>&1 || missing+=(util-linux)
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
    # The tests of the page drive a browser.
    [ "$for" != tests ] || command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing+=(chromium)
    [ ${#missing[@]} = 0 ] && return 0

    if ! may_install; then
        printf 'Missing: %s\nInstall with:\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends %s\n' \
            "${missing[*]}" "${missing[*]}" >&2
        exit 1
    fi
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # The package would create and start a cluster "main" of its own; only its programs are wanted.
    if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        run_as_root mkdir -p /etc/postgresql-common
        printf '%s\n' "create_main_cluster = false" | run_as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    run_as_root apt-get -q update </dev/null
    run_as_root apt-get -q install -y --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}" </dev/null
}

homebrew() {
    local missing=() prefix
    command -v brew >/dev/null 2>&1 || die "no Homebrew: see https://brew.sh"
    server_programs >/dev/null || missing+=(postgresql@17)
    PKG_CONFIG_PATH="$(brew --prefix)/opt/libpq/lib/pkgconfig:${PKG_CONFIG_PATH:-}" pkg-config --exists libpq 2>/dev/null \
        || missing+=(pkgconf libpq)
    [ ${#missing[@]} = 0 ] || { say "installing ${missing[*]}"; brew install --quiet "${missing[@]}"; }
}

case "$(uname -s)" in
    Darwin) homebrew ;;
    Linux)
        if command -v apt-get >/dev/null 2>&1; then
            debian
        else
            pkg-config --exists libpq 2>/dev/null || die "libpq's headers and pkg-config file are missing (package libpq-devel or postgresql-libs)"
            pkg-config --exists sqlite3 2>/dev/null || die "SQLite's headers and pkg-config file are missing (package sqlite-devel or sqlite)"
            server_programs >/dev/null || die "PostgreSQL's server programs (initdb, pg_ctl) are missing; POSTGRES_BIN may name their folder"
        fi ;;
    *) die "not tried on $(uname -s)" ;;
esac
