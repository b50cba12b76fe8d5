#!/usr/bin/env bash
# Format, syntax of scripts, and traces that have no place in a repository.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
status=0
fail() { printf 'lint: %s\n' "$*" >&2; status=1; }

folders=()
for folder in Sources Tests Examples Benchmarks Fuzz; do
    [ -n "$(find "$folder" -name '*.swift' -not -path '*/.build*' -print -quit 2>/dev/null)" ] && folders+=("$folder")
done
swift format lint --strict --parallel --recursive "${folders[@]}" Package.swift || fail "swift format lint found something; 'make format' mends most"

while IFS= read -r script; do
    bash -n "$script" || fail "$script"
done < <(git ls-files -co --exclude-standard -- 'scripts/*.sh' .ci/run)
while IFS= read -r module; do
    python3 -c 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])' "$module" || fail "$module"
done < <(git ls-files -co --exclude-standard -- '*.py')

# A home folder or a checkout's absolute path works on one machine only. The pattern is written so as not to match itself.
if git grep -nE --untracked '(^|[^A-Za-z0-9_.~/-])/(home|Users|root|w[o]rk|f[a]rm)/[A-Za-z0-9_.-]+/' -- . ':!*.svg' \
    ':!scripts/lint.sh' | grep -vE '/(home|Users)/(you|me|ada)/'; then
    fail "a path of one machine (above)"
fi
# Swift files of more than 500 lines hold two subjects.
while IFS= read -r long; do fail "over 500 lines: $long"; done < <(git ls-files -co --exclude-standard -- 'Sources/*.swift' 'Tests/*.swift' \
    | while IFS= read -r file; do
        lines=$(wc -l <"$file")
        [ "$lines" -le 500 ] || printf '%s (%s)\n' "$file" "$lines"
    done)
[ "$status" != 0 ] || say "lint: clean"
exit "$status"
