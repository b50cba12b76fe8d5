import TestSupport
import Testing

@testable import AgentCore

/// What somebody can do to the guard, instead of past it, has an end.
@Suite("Bounds of the policy", .timeLimit(.minutes(5)))
struct PolicyBoundTests {
    @Test("A catalog that changes at every try ends in a clear error after a while, and the next query runs")
    func churn() async throws {
        let shop = try ShopDatabase.make()
        let sql = "SELECT double(21)"
        var changes = 0
        let failure = await #expect(throws: QueryFailure.self) {
            _ = try await shop.database.run(sql, origin: .unknown) { verdict, _ in
                changes += 1
                _ = try? shop.psql(
                    "CREATE OR REPLACE FUNCTION churn() RETURNS int LANGUAGE sql STABLE AS 'SELECT \(changes)'")
                return QueryRunner.Job(sql: sql, conditions: verdict.conditions, rows: 1)
            }
        }
        // The first five tries follow each other at once, the others with pauses (CatalogPatience).
        #expect(changes >= 5)
        #expect(failure?.description.contains("keeps changing; nothing was run") == true)
        #expect(try await shop.value(sql) == "42")
    }

    @Test("An expression too long for the connection is refused, and nothing else is")
    func longTrees() async throws {
        let shop = try ShopDatabase.make { $0.limits.rowBytes = 1 << 20 }
        let sum = Array(repeating: "$1", count: 3000).joined(separator: " + ")
        let check = Array(repeating: "VALUE > 0", count: 3000).joined(separator: " OR ")
        let condition = Array(repeating: "a > 0", count: 3000).joined(separator: " OR ")
        try shop.psql(
            """
            CREATE FUNCTION long_body(int) RETURNS int LANGUAGE sql STABLE RETURN \(sum);
            CREATE DOMAIN long_check AS int CHECK (\(check));
            CREATE TABLE long_policy (a int); ALTER TABLE long_policy ENABLE ROW LEVEL SECURITY;
            CREATE POLICY p ON long_policy USING (\(condition))
            """)
        #expect(try await shop.value("SELECT double(21)") == "42")
        for sql in ["SELECT long_body(1)", "SELECT 1::long_check", "SELECT * FROM long_policy"] {
            let failure = await #expect(throws: QueryFailure.self) { try await shop.value(sql) }
            #expect(failure?.description.contains("too long to be examined") == true, "\(sql): \(failure as Any)")
        }
    }

    @Test("A statement that does not heed its cancellation ends on the server, since its connection is closed")
    func unheeded() async throws {
        let shop = try ShopDatabase.make { $0.allowFunctions = ["public.forever"] }
        try shop.psql(
            """
            CREATE FUNCTION forever() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN LOOP BEGIN PERFORM pg_sleep(0.01);
                EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$
            """)
        let running = Task {
            try await shop.database.query(QueryRequest(sql: "SELECT forever() /* unheeded cancellation */"))
        }
        try await wait(for: "unheeded cancellation", on: shop.fixture)
        running.cancel()
        await #expect(throws: (any Error).self) { try await running.value }
        try await wait(for: "unheeded cancellation", isRunning: false, on: shop.fixture)
    }

    @Test("The sessions have the server look whether their client is there, where the operator has not said how often")
    func clientCheck() async throws {
        let shop = try ShopDatabase.make()
        #expect(try await shop.value("SHOW client_connection_check_interval") == "5s")
        try shop.psql("ALTER DATABASE \"\(shop.name)\" SET client_connection_check_interval = '1min'")
        let database = shop.reconfigured { _ in }
        let result = try await database.query(QueryRequest(sql: "SHOW client_connection_check_interval"))
        #expect(result.rows.first?.first == "1min")
        await database.shutdown()
    }
}
