#!/usr/bin/env bash
# The programs that check deploy/: promtool, fail2ban-regex, nginx, haproxy, logrotate, systemd-analyze. Prints the folder
# where those of Debian's packages are that this machine lacks.
#
# Their packages are unpacked below .cache and not installed: a machine that runs tests should not end up with a web server
# and a firewall's helper that start by themselves.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
folder=$PWD/.cache/deploy-tools
mkdir -p .cache
exec 9>.cache/deploy-tools.lock
! command -v flock >/dev/null || flock 9

packages=()
command -v promtool >/dev/null || packages+=(prometheus)
command -v fail2ban-regex >/dev/null || packages+=(fail2ban)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || packages+=(nginx nginx-common)
command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || packages+=(haproxy)
command -v logrotate >/dev/null || [ -x /usr/sbin/logrotate ] || packages+=(logrotate)
command -v systemd-analyze >/dev/null || packages+=(systemd)
if [ ${#packages[@]} = 0 ]; then
    mkdir -p "$folder"
elif command -v apt-get >/dev/null && [ "$(cat "$folder/.packages" 2>/dev/null)" != "${packages[*]}" ]; then
    rm -rf "$folder" "$folder.new"
    mkdir -p "$folder.new/archives"
    # Package lists: an image often has none, and only root may fetch them.
    apt-cache show "${packages[0]}" >/dev/null 2>&1 || [ "$(id -u)" != 0 ] || apt-get -qq update >&2 </dev/null || true
    # What they link to beside what every Debian has; the names differ between releases.
    libraries=(liblua5.3-0 liblua5.4-0 libopentracing-c-wrapper0 libopentracing-c-wrapper0t64 libopentracing1
        libopentracing1t64 libpopt0 libsystemd-shared)
    (
        cd "$folder.new/archives"
        for package in "${packages[@]}" "${libraries[@]}"; do
            apt-get -qq download "$package" >&2 2>/dev/null </dev/null || true
        done
        for archive in *.deb; do [ ! -e "$archive" ] || dpkg-deb -x "$archive" ..; done
    )
    rm -rf "$folder.new/archives"
    printf '%s' "${packages[*]}" >"$folder.new/.packages"
    mv "$folder.new" "$folder"
fi
printf '%s\n' "$folder"
