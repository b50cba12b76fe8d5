#!/usr/bin/env bash
# Fetches PostgreSQL's own regression SQL from Debian's source package and prints the folder it lies in.
#
#   scripts/fetch-corpus.sh       -> .cache/corpus (src/test/regress/sql, contrib/*/sql, src/pl/*/sql)
#
# Nothing is fetched twice. Without network, or where there is no apt, it says so on standard error, leaves the marker
# .cache/corpus.skipped and exits 0; callers look for that marker. CORPUS_PACKAGE chooses the source package.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
package=${CORPUS_PACKAGE:-postgresql-15}
corpus=$root/.cache/corpus
marker=$root/.cache/corpus.skipped
mkdir -p "$root/.cache"

if [ -f "$corpus/.complete" ]; then
    rm -f "$marker"
    echo "$corpus"
    exit 0
fi

skip() {
    echo "$0: $1; the differential test has no corpus and is skipped" >&2
    touch "$marker"
    exit 0
}
command -v apt-get >/dev/null || skip "there is no apt-get on this machine"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# deb-src in a list of our own, with the suites that the machine already uses; nothing else is touched.
if ! apt-cache showsrc "$package" 2>/dev/null | grep -q '^Directory:'; then
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || skip "the release of this Debian is not known"
    # shellcheck disable=SC1091
    if [ "$(. /etc/os-release && echo "$ID")" != debian ]; then skip "this machine is not a Debian"; fi
    {
        echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $codename main"
        echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian-security $codename-security main"
    } | as_root tee /etc/apt/sources.list.d/postgres-agent-sources.list >/dev/null || skip "the source lists cannot be written"
    as_root apt-get -qq update >&2 || skip "apt-get update failed"
fi

work=$(mktemp -d "$root/.cache/corpus.XXXXXX")
trap 'rm -rf "$work"' EXIT
# A mirror may list a version that it no longer holds, so every version is tried, the first that arrives is taken.
for version in $(apt-cache showsrc "$package" 2>/dev/null | awk '/^Version:/ { print $2 }'); do
    if (cd "$work" && apt-get -qq source --download-only "$package=$version" >&2); then break; fi
done
archive=$(find "$work" -name '*.orig.tar.*' ! -name '*.asc' | head -n 1)
[ -n "$archive" ] || skip "the source of $package could not be fetched"

mkdir "$work/tree"
tar -xf "$archive" -C "$work/tree" --strip-components=1 --wildcards \
    '*/src/test/regress/sql/*' '*/contrib/*/sql/*' '*/src/pl/*/sql/*'
touch "$work/tree/.complete"
chmod -R u+rwX,go+rX "$work/tree"
rm -rf "$corpus"
mv "$work/tree" "$corpus"
rm -f "$marker"
echo "$corpus"
