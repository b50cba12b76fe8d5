import Foundation
import MCPProtocol
import TestSupport

/// `agentd` as the same build made it, against a database of the shared test server, as its superuser: what holds for a
/// superuser holds for everybody.
struct RunningAgent {
    let client: MCPClient
    let process: ChildProcess
    let fixture: PostgresFixture
    let database: String

    /// Starts `agentd`, connects, runs `body` and ends `agentd`.
    ///
    /// - Parameters:
    ///   - mode: the revisions that the client offers.
    ///   - setup: SQL that makes the database's contents.
    ///   - settings: lines of the database's entry in the configuration.
    ///   - body: the test.
    /// - Returns: the exit code of `agentd`.
    static func with(
        _ mode: ClientMode = .auto, setup: String = "", settings: String = "",
        _ body: (RunningAgent) async throws -> Void
    ) async throws -> Int32 {
        let fixture = try PostgresFixture.shared()
        let database = try fixture.createDatabase("end_to_end")
        if !setup.isEmpty { try fixture.psql(setup, database: database) }
        let file = NSTemporaryDirectory() + "/agentd-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let configuration = """
            databases:
              - name: shop
                host: \(fixture.directory)
                port: \(fixture.port)
                database: \(database)
                user: \(fixture.superuser)
            \(settings)
            """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        let process = try Evidence.start("agentd", ["--config", file, "--log-level", "error"])
        var options = ClientOptions(implementation: Implementation(name: "end-to-end", version: "1"), mode: mode)
        // The start of a debug build on a busy machine is part of it.
        options.probeTimeout = .seconds(60)
        let agent = RunningAgent(
            client: MCPClient(transport: process, options: options), process: process, fixture: fixture,
            database: database)
        do {
            try await agent.client.connect()
            try await body(agent)
        } catch {
            await agent.client.close()
            await process.waitForEnd()
            throw error
        }
        await agent.client.close()
        return await process.waitForEnd(grace: .seconds(30))
    }

    /// Asks `query_database`.
    func query(_ sql: String, _ more: JSONObject = [:]) async throws -> ToolResult {
        var arguments = more
        arguments["query"] = .string(sql)
        return try await client.callTool("query_database", arguments)
    }
}
