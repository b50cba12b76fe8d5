import MCPProtocol
import Synchronization
import TestSupport
import Testing

/// The built `agentd` over stdio with this package's own client. The official clients have their tests in Python.
@Suite("agentd over stdio")
struct StdioTests {
    static let shop = """
        CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL, note text);
        INSERT INTO orders SELECT i, i * 1.10, CASE WHEN i % 2 = 0 THEN 'even' END FROM generate_series(1, 100) AS i;
        CREATE SEQUENCE numbers;
        """

    static let modes: [(ClientMode, ProtocolVersion)] = [
        (.auto, .july2026), (.modern, .july2026), (.legacy(), .november2025),
    ]

    @Test("Each era lists the tools, reads rows and ends with the exit code 0", arguments: modes)
    func eras(mode: ClientMode, version: ProtocolVersion) async throws {
        let code = try await RunningAgent.with(mode, setup: Self.shop) { agent in
            #expect(agent.client.server?.protocolVersion == version)
            let names = try await agent.client.listTools().map(\.name)
            #expect(names.contains("query_database"))
            let result = try await agent.query("SELECT id, total, note FROM orders ORDER BY id LIMIT 2")
            #expect(!result.isError)
            #expect(result.text.contains("id\ttotal\tnote\n1\t1.10\t\\N\n2\t2.20\teven"))
        }
        #expect(code == 0)
    }

    @Test("Questions asked at once are each answered with their own rows")
    func together() async throws {
        _ = try await RunningAgent.with(setup: Self.shop) { agent in
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 1...40 {
                    group.addTask {
                        (number, try await agent.query("SELECT 'row ' || \(number) AS answer, pg_sleep(0.01)").text)
                    }
                }
                return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }
            #expect(answers.count == 40)
            for (number, text) in answers { #expect(text.contains("row \(number)\t")) }
        }
    }

    @Test("Cancelling the task of a call cancels the query on the server")
    func cancellation() async throws {
        _ = try await RunningAgent.with(setup: Self.shop) { agent in
            let running = """
                SELECT count(*) FROM pg_stat_activity
                 WHERE datname = '\(agent.database)' AND state = 'active' AND query LIKE '%cancel_me%'
                   AND pid <> pg_backend_pid()
                """
            let call = Task { try await agent.query("SELECT pg_sleep(600) /* cancel_me */") }
            try await waits { try agent.fixture.psql(running) == "1" }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            try await waits { try agent.fixture.psql(running) == "0" }
            #expect(try await agent.query("SELECT 6 * 7").text.contains("42"))
        }
    }

    @Test("A long query reports progress that rises")
    func progress() async throws {
        _ = try await RunningAgent.with { agent in
            let seen = Mutex<[Double]>([])
            let result = try await agent.client.callTool(
                "query_database", ["query": "SELECT i, pg_sleep(0.02) FROM generate_series(1, 150) AS i"]
            ) { progress in seen.withLock { $0.append(progress.progress) } }
            #expect(!result.isError)
            let values = seen.withLock { $0 }
            #expect(!values.isEmpty && values == Array(Set(values)).sorted())
        }
    }

    @Test(
        "What is not a read is refused for a superuser too, and changes nothing",
        arguments: [
            "DELETE FROM orders",
            "WITH gone AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM gone",
            "COMMIT; DELETE FROM orders",
            "SELECT 1 /* */; DELETE FROM orders",
            "-- a comment that ends here\rDELETE FROM orders",
            "SELECT * INTO other FROM orders",
            "SELECT id FROM orders FOR UPDATE",
            "EXPLAIN (ANALYZE) DELETE FROM orders",
            "SELECT nextval('numbers')",
            "SELECT U&\"nextv\\0061l\"('numbers')",
            "SELECT \"pg_catalog\" . /* x */ set_config('default_transaction_read_only', 'off', false)",
            "SELECT query_to_xml('DELETE FROM orders', true, true, '')",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT * FROM pg_ls_dir('/')",
            "SELECT lo_import('/etc/passwd')",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
            "SELECT rolpassword FROM pg_authid",
            "COPY orders TO PROGRAM 'cat > /tmp/stolen'",
            "DO $$ BEGIN DELETE FROM orders; END $$",
            "SET ROLE postgres",
            "LISTEN everything",
            "SELECT pg_advisory_lock(1)",
            "VACUUM orders",
        ])
    func refusals(sql: String) async throws {
        _ = try await RunningAgent.with(setup: Self.shop) { agent in
            let refused = try await agent.query(sql)
            #expect(refused.isError, "\(sql): \(refused.text)")
            let state = try agent.fixture.psql(
                "SELECT (SELECT count(*) FROM orders), (SELECT is_called FROM numbers)", database: agent.database)
            #expect(state == "100|f")
        }
    }

    private func waits(_ condition: () throws -> Bool) async throws {
        for _ in 0..<600 {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("it did not come to pass within half a minute")
    }
}
