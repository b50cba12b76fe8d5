// swift-tools-version: 6.2
import PackageDescription

// One libFuzzer program for each reader of hostile bytes. scripts/fuzz.sh builds them with coverage and AddressSanitizer
// and runs them; the sanitizer's flags are given there, so that this manifest needs no unsafe ones.
let package = Package(
    name: "postgres-agent-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "postgres-agent", path: "..")],
    targets: [
        .target(name: "CLibFuzzer"),
        .executableTarget(
            name: "FuzzLexer",
            dependencies: ["CLibFuzzer", .product(name: "SQLClassifier", package: "postgres-agent")]),
        .executableTarget(
            name: "FuzzJSONRPC",
            dependencies: ["CLibFuzzer", .product(name: "MCPProtocol", package: "postgres-agent")]),
        .executableTarget(
            name: "FuzzConfiguration",
            dependencies: ["CLibFuzzer", .product(name: "AgentCore", package: "postgres-agent")]),
    ]
)
