import AgentCore
import AuthTokens
import Dispatch
import Foundation
import Logging
import MCPProtocol
import ServiceLifecycle
import Synchronization
import TestSupport

@testable import AgentServer

/// An ``AgentServer`` with listeners of its own on a real PostgreSQL, for the length of a test.
struct RunningServer: Sendable {
    let server: AgentServer
    let port: Int
    let postgres: PostgresFixture
    let end: @Sendable () async -> Void

    /// Runs a server while `body` runs.
    ///
    /// - Parameters:
    ///   - configure: Changes the configuration; authentication is off and the port free unless it says otherwise.
    ///   - accounts: Who may call.
    ///   - services: What else belongs to the server.
    static func with<Value: Sendable>(
        _ configure: (inout AgentConfiguration) -> Void = { _ in }, accounts: Accounts? = nil,
        services: (inout ServerServices) -> Void = { _ in },
        _ body: @escaping @Sendable (RunningServer) async throws -> Value
    ) async throws -> Value {
        let postgres = try await blocking { try PostgresFixture.shared() }
        var configuration = AgentConfiguration()
        var entry = DatabaseConfiguration(name: "shop")
        entry.host = postgres.directory
        entry.port = postgres.port
        entry.database = "postgres"
        entry.user = postgres.superuser
        entry.pool.acquireTimeout = .seconds(60)
        configuration.databases = [entry]
        configuration.http.enabled = true
        configuration.http.listen = "127.0.0.1:0"
        configuration.http.auth.enabled = accounts != nil
        configuration.telemetry.metricsListen = nil
        configure(&configuration)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let agent = try Agent(configuration: configuration, logger: logger)
        let (ports, found) = AsyncStream<Int>.makeStream()
        var all = ServerServices()
        services(&all)
        let heard = all.onListening
        all.onListening = { addresses in
            heard?(addresses)
            let port = addresses.first.flatMap { $0.split(separator: ":").last }.flatMap { Int($0) }
            found.yield(port ?? 0)
        }
        let server = try AgentServer(agent: agent, accounts: accounts, logger: logger, services: all)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)], logger: logger
            ))
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: Value?.self) { tasks in
                    tasks.addTask {
                        defer { found.finish() }
                        try await group.run()
                        return nil
                    }
                    tasks.addTask {
                        var iterator = ports.makeAsyncIterator()
                        guard let port = await iterator.next() else { throw TestFailure("the server did not start") }
                        let running = RunningServer(
                            server: server, port: port, postgres: postgres,
                            end: { await group.triggerGracefulShutdown() })
                        return try await body(running)
                    }
                    defer { tasks.cancelAll() }
                    // The server may end before the test does.
                    while let value = try await tasks.next() {
                        if let value { return value }
                    }
                    throw TestFailure("the server ended before the test")
                })
        } catch {
            result = .failure(error)
        }
        await agent.shutdown()
        return try result.get()
    }

    /// Runs what blocks outside of the threads that all tasks share.
    static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "blocking").async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Sends one request on a connection of its own.
    func ask(_ text: String) async throws -> RawClient.Reply? {
        let client = try await RawClient.connect(port)
        try await client.send(text)
        let reply = await client.reply()
        await client.close()
        return reply
    }

    /// Asks for a path.
    func get(_ path: String, _ fields: [String] = []) async throws -> RawClient.Reply? {
        try await ask(Self.request("GET", path, fields))
    }

    /// The status of an answer for a path; `nil` when there is none.
    func status(_ path: String, _ fields: [String] = []) async -> Int? {
        (try? await get(path, fields))?.status
    }

    static func request(_ method: String, _ path: String, _ fields: [String] = [], body: String? = nil) -> String {
        var lines = ["\(method) \(path) HTTP/1.1"]
        if !fields.contains(where: { $0.lowercased().hasPrefix("host:") }) { lines.append("Host: localhost") }
        lines += fields
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
    }

    /// A statement for `query_database` in a request of 2026-07-28.
    static func query(_ sql: String, _ fields: [String] = []) -> String {
        let message: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": [
                "name": "query_database", "arguments": ["query": .string(sql)],
                "_meta": [
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": [:],
                ],
            ],
        ]
        return request(
            "POST", "/mcp",
            [
                "Content-Type: application/json", "Accept: application/json, text/event-stream",
                "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: query_database",
            ] + fields, body: message.description)
    }

    /// Waits until as many sessions on the database do what `condition` says of `pg_stat_activity`.
    func until(_ count: Int, _ condition: String) async throws {
        for _ in 0..<600 {
            let found = try await Self.blocking { [postgres] in
                try postgres.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND \(condition)")
            }
            if found == String(count) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("never \(count): \(condition)")
    }
}
