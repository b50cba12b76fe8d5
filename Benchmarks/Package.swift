// swift-tools-version: 6.2
import PackageDescription

// Programs that only a benchmark needs, apart from the product so that nobody else builds them.
let package = Package(
    name: "postgres-agent-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "postgres-agent", path: ".."),
        // As the product has it.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "ClassifierBenchmark",
            dependencies: [.product(name: "SQLClassifier", package: "postgres-agent")]),
        .executableTarget(
            name: "TokenBenchmark",
            dependencies: [.product(name: "AuthTokens", package: "postgres-agent")]),
        .executableTarget(
            name: "BareServer",
            dependencies: [
                .product(name: "PGConnector", package: "postgres-agent"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ]),
    ]
)
