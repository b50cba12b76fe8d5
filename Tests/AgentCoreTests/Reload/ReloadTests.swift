import AuthTokens
import Foundation
import Logging
import MCPProtocol
import Synchronization
import TestSupport
import Testing

@testable import AgentCore

@Suite("Reload")
struct ReloadTests {
    /// Waits until a number of sessions with a marker in their query are in a state.
    private func until(
        _ fixture: AgentFixture, _ condition: String, is expected: String
    ) async throws {
        for _ in 0..<600 {
            let count = try await fixture.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND \(condition)")
            if count == expected { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw AgentFixture.Unexpected(what: "never \(expected) sessions with \(condition)")
    }

    @Test("A query in flight survives the change of its database, whose old connections are closed after it")
    func inFlight() async throws {
        try await AgentFixture.with(sql: "SELECT 1;") { fixture in
            let marker = "survives a reload"
            let running = Task {
                try await fixture.call("query_database", ["query": .string("SELECT pg_sleep(2), '\(marker)' AS m")])
            }
            try await until(fixture, "query LIKE '%\(marker)%' AND state = 'active'", is: "1")
            let old = try #require(fixture.agent.databases.databases.first)
            let client = ObjectIdentifier(old.client)
            var configuration = fixture.agent.configuration
            configuration.databases[0].limits.rows = 3
            let report = try fixture.agent.reload(configuration)
            #expect(report.databases.changed == ["shop"])
            #expect(report.databases.added.isEmpty && report.databases.removed.isEmpty)
            let database = try #require(fixture.agent.databases.databases.first)
            #expect(ObjectIdentifier(database.client) != client)
            // The new limit holds for new calls while the old one still runs.
            let cut = try await fixture.call("query_database", ["query": "SELECT generate_series(1, 10)"])
            #expect(cut.structuredContent?["rowCount"] == 3)
            let kept = try await running.value
            #expect(kept.isError == false)
            #expect(kept.structuredContent?["rowCount"] == 1)
        }
    }

    @Test("The connections of a database that changed are closed once nobody uses them")
    func closed() async throws {
        try await AgentFixture.with(sql: "SELECT 1;") { fixture in
            _ = try await fixture.call("query_database", ["query": "SELECT 1"])
            let mine = "datname = '\(fixture.database)' AND application_name = 'agentd'"
            try await until(fixture, mine, is: "1")
            var configuration = fixture.agent.configuration
            configuration.databases[0].pool.max = 2
            _ = try fixture.agent.reload(configuration)
            try await until(fixture, mine, is: "0")
            _ = try await fixture.call("query_database", ["query": "SELECT 1"])
            try await until(fixture, mine, is: "1")
        }
    }

    @Test("A database that did not change keeps its connections, also when others come and go")
    func unchanged() async throws {
        try await AgentFixture.with { fixture in
            _ = try await fixture.call("query_database", ["query": "SELECT 1"])
            let database = try #require(fixture.agent.databases.databases.first)
            var configuration = fixture.agent.configuration
            configuration.databases.removeLast()
            configuration.databases.insert(
                AgentFixture.entry(fixture.postgres, fixture.database, name: "second"), at: 0)
            let report = try fixture.agent.reload(configuration)
            #expect(report.databases.added == ["second"])
            #expect(report.databases.removed == ["down"])
            #expect(report.databases.changed.isEmpty)
            #expect(fixture.agent.databases.databases[1] === database)
            let result = try await fixture.call("query_database", ["query": "SELECT 1", "database": "second"])
            #expect(result.isError == false)
        }
    }

    @Test("A database that went away says so, while its last query finishes")
    func removed() async throws {
        try await AgentFixture.with { fixture in
            let marker = "of a removed database"
            let running = Task {
                try await fixture.call("query_database", ["query": .string("SELECT pg_sleep(2) AS \"\(marker)\"")])
            }
            try await until(fixture, "query LIKE '%\(marker)%' AND state = 'active'", is: "1")
            var configuration = fixture.agent.configuration
            configuration.databases.removeFirst()
            _ = try fixture.agent.reload(configuration)
            let gone = try await fixture.call("query_database", ["query": "SELECT 1", "database": "shop"])
            #expect(gone.isError)
            #expect(gone.text.contains("There is no database \"shop\""))
            #expect(try await running.value.isError == false)
        }
    }

    @Test("Tools that are switched off are gone from the list, and come back")
    func tools() async throws {
        try await AgentFixture.with { fixture async throws in
            var configuration = fixture.agent.configuration
            configuration.tools.disabled = ["count_rows"]
            let without = try fixture.agent.reload(configuration)
            #expect(without.toolsChanged)
            let context = RequestContext.local(caller: Principal.local)
            let fewer = try await fixture.service.tools(context).items
            #expect(!fewer.contains { $0.name == "count_rows" })
            await #expect(throws: RPCError.self) {
                _ = try await fixture.service.callTool("count_rows", arguments: [:], context: context)
            }
            configuration.tools.disabled = []
            let with = try fixture.agent.reload(configuration)
            #expect(with.toolsChanged)
            let all = try await fixture.service.tools(context).items
            #expect(all.contains { $0.name == "count_rows" })
        }
    }

    @Test("A configuration that cannot be served changes nothing")
    func broken() async throws {
        try await AgentFixture.with { fixture in
            let before = fixture.agent.configuration
            var configuration = before
            configuration.tools.disabled = ["no_such_tool"]
            configuration.databases = []
            #expect(throws: ConfigurationError.self) { try fixture.agent.reload(configuration) }
            #expect(fixture.agent.configuration == before)
            #expect(fixture.agent.databases.databases.count == 2)
        }
    }

    @Test("What needs a restart is named, and not taken over")
    func restart() async throws {
        try await AgentFixture.with { fixture in
            var configuration = fixture.agent.configuration
            configuration.http.listen = "127.0.0.1:9"
            configuration.shutdownGrace = .seconds(1)
            configuration.telemetry.logLevel = .debug
            let report = try fixture.agent.reload(configuration)
            #expect(report.needRestart == ["http.listen", "shutdown_grace"])
            #expect(report.logLevel == .debug)
            #expect(report.databases.isEmpty)
            #expect(fixture.agent.configuration.http.listen == "127.0.0.1:8080")
            #expect(fixture.agent.configuration.telemetry.logLevel == .debug)
            #expect(fixture.agent.reloadState.needRestart == ["http.listen", "shutdown_grace"])
        }
    }
}
