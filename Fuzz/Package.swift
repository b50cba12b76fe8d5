// swift-tools-version: 6.2
import PackageDescription

// One libFuzzer entry for each reader of hostile bytes, as a static library: scripts/fuzz.sh builds it with coverage and
// AddressSanitizer and links it with libFuzzer's main. The flags are given there, so that this manifest has no unsafe ones.
let package = Package(
    name: "postgres-agent-fuzz",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "FuzzLexer", type: .static, targets: ["FuzzLexer"]),
        .library(name: "FuzzJSONRPC", type: .static, targets: ["FuzzJSONRPC"]),
        .library(name: "FuzzConfiguration", type: .static, targets: ["FuzzConfiguration"]),
    ],
    dependencies: [.package(name: "postgres-agent", path: "..")],
    targets: [
        .target(name: "FuzzLexer", dependencies: [.product(name: "SQLClassifier", package: "postgres-agent")]),
        .target(name: "FuzzJSONRPC", dependencies: [.product(name: "MCPProtocol", package: "postgres-agent")]),
        .target(name: "FuzzConfiguration", dependencies: [.product(name: "AgentCore", package: "postgres-agent")]),
    ]
)
