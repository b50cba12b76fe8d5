import Dispatch
import Foundation
import TestSupport

/// The programs that the build made, run as a person runs them.
enum Program {
    /// How a program ended.
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Something that a test did not reckon with.
    struct Failure: Error { let what: String }

    /// The folder with the programs: the one that holds the bundle of tests.
    private static let folder: URL = {
        let path = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let bundle = parts.firstIndex { $0.hasSuffix(".xctest") } ?? parts.count - 1
        return URL(fileURLWithPath: parts[..<bundle].joined(separator: "/"))
    }()

    /// A process that has not started; no variable of the environment names a database.
    static func process(_ name: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = folder.appendingPathComponent(name)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("PG") && !$0.key.hasPrefix("AGENTD_")
        }
        return process
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - name: The program.
    ///   - arguments: Its arguments.
    ///   - input: What it reads.
    static func run(_ name: String, _ arguments: [String], input: String = "") async throws -> Outcome {
        try await run(executable: folder.appendingPathComponent(name).path, arguments, input: input)
    }

    /// Runs any program to its end, with the same environment.
    static func run(executable: String, _ arguments: [String], input: String = "") async throws -> Outcome {
        try await blocking {
            let process = process("", arguments)
            process.executableURL = URL(fileURLWithPath: executable)
            let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
            process.standardInput = stdin
            process.standardOutput = stdout
            process.standardError = stderr
            try process.run()
            try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try stdin.fileHandleForWriting.close()
            // Less is written than a pipe holds, so that one may be read after the other.
            let output = stdout.fileHandleForReading.readDataToEndOfFile()
            let errors = stderr.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            let outcome = Outcome(
                status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
                errors: String(decoding: errors, as: UTF8.self))
            Evidence.program("agentctl", output: outcome.output, errors: outcome.errors)
            for password in ["rainy-tuesday-lamp", "another-long-one", "the quick red kayak"] {
                Evidence.secret(password)
            }
            return outcome
        }
    }

    /// Runs what blocks outside of the threads that all tasks share.
    static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            // The global queues share their threads with Swift's.
            DispatchQueue(label: "program").async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// A configuration file with the databases `shop`, on the shared PostgreSQL, and `down`, where nothing listens; it is
    /// removed after `body`.
    ///
    /// - Parameters:
    ///   - shop: Further keys of the database `shop`.
    ///   - further: Further lines.
    ///   - body: Is given the file's path and the server.
    static func withConfiguration<Value>(
        shop: String? = nil, further: String = "", _ body: (String, PostgresFixture) async throws -> Value
    ) async throws -> Value {
        let postgres = try await blocking { try PostgresFixture.shared() }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("agentd-\(UUID().uuidString).yaml")
        let text = """
            databases:
              - { name: shop, host: \(postgres.directory), port: \(postgres.port), database: postgres, user: \(postgres.superuser)\(shop.map { ", " + $0 } ?? "") }
              - { name: down, host: 127.0.0.1, port: 1, database: none, user: nobody, password: hunter2 }
            shutdown_grace: 20s
            \(further)

            """
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard FileManager.default.createFile(atPath: file.path, contents: Data(text.utf8), attributes: attributes)
        else {
            throw Failure(what: "no temporary file")
        }
        defer { try? FileManager.default.removeItem(at: file) }
        return try await body(file.path, postgres)
    }
}
