// swift-tools-version: 6.2
import PackageDescription

/// The settings of every Swift target: Swift 6 mode is the default of this tools version; the upcoming features make
/// existential types and the reach of each import visible in the source.
var strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
// CI and `make test` set this; a user with a newer compiler is not stopped by a warning that did not exist before.
if Context.environment["POSTGRES_AGENT_STRICT"] == "1" {
    strict.append(.treatAllWarnings(as: .error))
}

let package = Package(
    name: "postgres-agent",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "AgentCore", targets: ["AgentCore"]),
        .library(name: "PGConnector", targets: ["PGConnector"]),
        .library(name: "MCPProtocol", targets: ["MCPProtocol"]),
        .library(name: "MCPHTTP", targets: ["MCPHTTP"]),
        .library(name: "AgentModels", targets: ["AgentModels"]),
        .library(name: "AgentServer", targets: ["AgentServer"]),
        .library(name: "AuthTokens", targets: ["AuthTokens"]),
        .library(name: "SQLClassifier", targets: ["SQLClassifier"]),
        .executable(name: "agentd", targets: ["agentd"]),
        .executable(name: "agentctl", targets: ["agentctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(name: "SQLClassifier"),
        .target(name: "PGConnector", dependencies: ["CLibPQ"]),
        // What two libraries need that do not know each other.
        .target(name: "Spelling"),
        .target(name: "MCPProtocol", dependencies: ["Spelling"]),
        .target(
            name: "AuthTokens",
            dependencies: [
                "Spelling",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Yams", package: "Yams"),
            ]),
        // The only library that knows an HTTP server, with AgentServer: whoever takes another one builds no Hummingbird.
        .target(
            name: "MCPHTTP",
            dependencies: [
                "MCPProtocol",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // The services that run language models. Knows nothing of databases.
        .target(
            name: "AgentModels",
            dependencies: [
                "MCPProtocol",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        // Editing, Markdown, tables and charts for a terminal. Knows nothing of models or databases.
        .target(name: "AgentTerminal"),
        .target(
            name: "AgentCore",
            dependencies: [
                "SQLClassifier", "PGConnector", "MCPProtocol", "AuthTokens", "AgentModels",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Yams", package: "Yams"),
            ]),
        // The agent as an HTTP server: MCP, the API, accounts, operations.
        .target(
            name: "AgentServer",
            dependencies: [
                "AgentCore", "AgentModels", "AuthTokens", "CZlib", "MCPHTTP", "MCPProtocol", "SQLClassifier",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "X509", package: "swift-certificates"),
            ], resources: [.copy("Resources/web")]),
        .target(
            name: "AgentCommandLine",
            dependencies: [
                "AgentCore", "MCPProtocol", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "agentd",
            dependencies: [
                "AgentCommandLine", "AgentCore", "AgentServer", "MCPProtocol", "AuthTokens",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "agentctl",
            dependencies: [
                "AgentCommandLine", "AgentCore", "AgentModels", "AgentTerminal", "SQLClassifier", "MCPProtocol",
                "MCPHTTP",
                "AuthTokens", "PGConnector",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        // Examples are built with everything else, so that they stay true; no product, since nobody links them.
        .executableTarget(name: "demo-client", dependencies: ["MCPProtocol"], path: "Examples/Demo"),
        .executableTarget(
            name: "conformance-server",
            dependencies: [
                "MCPProtocol", "MCPHTTP", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ], path: "Examples/ConformanceServer"),
        .executableTarget(
            name: "embedded-agent",
            dependencies: [
                "AgentCore", "AgentServer", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ], path: "Examples/EmbeddedAgent"),
        .executableTarget(
            name: "ask-once",
            dependencies: ["AgentCore", "AuthTokens", .product(name: "Logging", package: "swift-log")],
            path: "Examples/AskOnce"),
        .target(
            name: "TestSupport",
            dependencies: [
                "MCPProtocol", "PGConnector",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ], path: "Tests/TestSupport"),
        .testTarget(name: "SQLClassifierTests", dependencies: ["SQLClassifier"]),
        .testTarget(
            name: "AgentModelsTests",
            dependencies: [
                "AgentModels", "MCPProtocol", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(name: "AgentTerminalTests", dependencies: ["AgentTerminal", "TestSupport"]),
        .testTarget(name: "PGConnectorTests", dependencies: ["PGConnector", "TestSupport"]),
        .testTarget(name: "MCPProtocolTests", dependencies: ["MCPProtocol", "TestSupport"]),
        // Writes tokens until it is killed, for a test.
        .executableTarget(name: "token-writer", dependencies: ["AuthTokens"], path: "Tests/TokenWriter"),
        .testTarget(name: "AuthTokensTests", dependencies: ["AuthTokens", "TestSupport", "token-writer"]),
        .testTarget(
            name: "MCPHTTPTests",
            dependencies: [
                "MCPHTTP", "MCPProtocol", "TestSupport",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "AgentServerTests",
            dependencies: [
                "AgentServer", "AgentCore", "AgentModels", "AuthTokens", "MCPHTTP", "MCPProtocol", "PGConnector",
                "TestSupport", "agentd",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        // Stands still in mid-turn until it is killed, for a test.
        .executableTarget(
            name: "turn-writer",
            dependencies: ["AgentCore", "AuthTokens", .product(name: "Logging", package: "swift-log")],
            path: "Tests/TurnWriter"),
        .testTarget(
            name: "AgentCoreTests",
            dependencies: [
                "AgentCore", "AgentModels", "PGConnector", "MCPProtocol", "SQLClassifier", "AuthTokens", "TestSupport",
                "turn-writer",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "AgentctlTests",
            dependencies: ["agentctl", "agentd", "AgentCore", "AgentTerminal", "MCPProtocol", "TestSupport"]),
        .testTarget(name: "CommandLineTests", dependencies: ["agentd", "agentctl", "TestSupport"]),
        .testTarget(
            name: "AttackTests", dependencies: ["MCPProtocol", "PGConnector", "TestSupport"], exclude: ["Corpus"]),
        .testTarget(
            name: "EndToEndTests", dependencies: ["MCPProtocol", "TestSupport", "AgentCore"]),
    ]
)

// One libFuzzer entry for each reader of hostile bytes: only scripts/fuzz.sh wants them, which gives the flags.
if Context.environment["POSTGRES_AGENT_FUZZ"] == "1" {
    let programs: [(name: String, dependencies: [Target.Dependency])] = [
        ("FuzzLexer", ["SQLClassifier"]),
        ("FuzzJSONRPC", ["MCPProtocol"]),
        // The sources of the configuration themselves, by links: AgentCore would bring everything that it depends on, whose
        // instrumented build takes ten minutes.
        (
            "FuzzConfiguration",
            ["AuthTokens", "MCPProtocol", "Spelling", "SQLClassifier", .product(name: "Yams", package: "Yams")]
        ),
    ]
    for program in programs {
        package.targets.append(
            .target(
                name: program.name, dependencies: program.dependencies, path: "Fuzz/Sources/\(program.name)"))
        package.products.append(.library(name: program.name, type: .static, targets: [program.name]))
    }
}

for target in package.targets where target.type != .system && target.type != .plugin {
    target.swiftSettings = strict + (target.swiftSettings ?? [])
}
