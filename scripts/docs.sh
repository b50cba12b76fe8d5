#!/usr/bin/env bash
# The libraries' reference, one DocC archive each, in .build-docs. Uses the toolchain's own docc, so that the package
# needs no plugin that every user's build would have to fetch.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
find_tool() { command -v "$1" || xcrun --find "$1" 2>/dev/null || { [ -x "$toolchain/$1" ] && echo "$toolchain/$1"; }; }
docc=$(find_tool docc) || die "the Swift toolchain has no docc"
extract=$(find_tool swift-symbolgraph-extract) || die "the Swift toolchain has no swift-symbolgraph-extract"

libraries=(SQLClassifier PGConnector MCPProtocol MCPHTTP AuthTokens AgentModels AgentCore AgentServer AgentTerminal)
swift build --target AgentCore </dev/null
swift build --target AgentServer </dev/null
swift build --target AgentTerminal </dev/null
bin=$(swift build --show-bin-path </dev/null)
triple=$(swiftc -print-target-info </dev/null | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p' | head -n 1)
sdk=()
[ "$(uname -s)" != Darwin ] || { triple=$(swiftc -print-target-info </dev/null | sed -n 's/.*"triple": "\(.*\)".*/\1/p' | head -n 1); sdk=(-sdk "$(xcrun --show-sdk-path)"); }
read -ra libpq <<<"$(pkg-config --cflags-only-I libpq)"
clang=()
for flag in ${libpq[@]+"${libpq[@]}"}; do clang+=(-Xcc "$flag"); done

# C modules of dependencies, which the Swift modules import.
for folder in .build/checkouts/*/Sources/*/include; do clang+=(-I "$folder"); done
# A library of the system has its module map in its own folder.
for map in .build/checkouts/*/Sources/*/module.modulemap; do [ ! -f "$map" ] || clang+=(-I "$(dirname "$map")"); done
# Those without a module map of their own have one from the build.
for map in "$bin"/*.build/module.modulemap; do [ ! -f "$map" ] || clang+=(-Xcc "-fmodule-map-file=$map"); done

rm -rf .build-docs
mkdir -p .build-docs/archives
status=0
for library in "${libraries[@]}"; do
    catalog=$(find "Sources/$library" -maxdepth 1 -name '*.docc' | head -n 1)
    graphs=.build-docs/symbols/$library
    mkdir -p "$graphs"
    "$extract" -module-name "$library" -target "$triple" -minimum-access-level public -skip-inherited-docs \
        -I "$bin/Modules" -I Sources/CLibPQ -I Sources/CZlib ${clang[@]+"${clang[@]}"} ${sdk[@]+"${sdk[@]}"} -output-dir "$graphs"
    "$docc" convert ${catalog:+"$catalog"} --additional-symbol-graph-dir "$graphs" --fallback-display-name "$library" \
        --fallback-bundle-identifier "postgres-agent.$library" --warnings-as-errors \
        --output-path ".build-docs/archives/$library.doccarchive" || { status=1; say "docs: $library FAILED"; continue; }
    say "docs: .build-docs/archives/$library.doccarchive"
done
exit "$status"
