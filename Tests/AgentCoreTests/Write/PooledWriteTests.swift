import AuthTokens
import TestSupport
import Testing

@testable import AgentCore

@Suite("Writes behind a pooler in transaction mode", .enabled(if: PgBouncer.isAvailable))
struct PooledWriteTests {
    private func withPooler(
        _ adjust: (inout DatabaseConfiguration) -> Void = { _ in },
        _ body: (ShopDatabase, Database) async throws -> Void
    ) async throws {
        let shop = try ShopDatabase.make()
        let pooler = try PgBouncer.start(before: shop.fixture)
        defer { pooler.stop() }
        let database = shop.reconfigured {
            $0.host = pooler.parameters["host"]
            $0.port = pooler.parameters["port"].flatMap { Int($0) }
            $0.user = pooler.parameters["user"]
            $0.sslmode = .disable
            $0.pooler = .transaction
            $0.allowWrites = true
            adjust(&$0)
        }
        try await body(shop, database)
        await database.shutdown()
    }

    @Test("What a write does to the session is undone before the session goes to somebody else")
    func leftovers() async throws {
        try await withPooler { shop, database in
            let result = try await database.approved(
                """
                INSERT INTO log VALUES (now(), 'pooled'); SELECT pg_advisory_lock(4803);
                SELECT set_config('work_mem', '77MB', false); CREATE TEMP TABLE left_over (a int);
                DO $$ BEGIN EXECUTE 'LISTEN left_over'; END $$
                """)
            #expect(result.statements.count == 5)
            #expect(try shop.psql("SELECT count(*) FROM log WHERE text = 'pooled'") == "1")
            #expect(try shop.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4803") == "0")
            #expect(try shop.psql("SELECT count(*) FROM pg_class WHERE relname = 'left_over'") == "0")
            for _ in 0..<3 {
                let row = try await database.query(QueryRequest(sql: "SELECT current_setting('work_mem')")).rows[0]
                #expect(row[0] != "77MB")
            }
        }
    }

    @Test("A failed write leaves nothing, and the next one works")
    func failure() async throws {
        try await withPooler { shop, database in
            let failure = await database.failure(
                "DELETE FROM log; SELECT pg_advisory_lock(4804); SELECT 1/0, nextval('counter')")
            #expect(failure?.sqlState == "22012")
            // The pooler closes a session that was left within a transaction, and the server lets go when it notices.
            try await waitUntilFree(advisoryLock: 4804, on: shop.fixture)
            _ = try await database.approved("VACUUM log")
            // A procedure that commits by itself cannot be cleaned up behind, so that it runs in a transaction here.
            let committing = await database.failure("DO $$ BEGIN COMMIT; END $$")
            #expect(committing?.sqlState == "2D000")
        }
    }

    @Test("run_as_role holds for writes; what runs in no transaction cannot take it on, and is refused")
    func role() async throws {
        try await withPooler({ $0.runAsRole = "pooled_writer" }) { shop, database in
            try shop.psql(
                """
                DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pooled_writer') THEN CREATE ROLE pooled_writer; END IF;
                END $$;
                GRANT INSERT, SELECT ON log TO pooled_writer
                """)
            _ = try await database.approved("INSERT INTO log VALUES (now(), current_user)")
            #expect(try shop.psql("SELECT text FROM log") == "pooled_writer")
            let forbidden = await database.failure("TRUNCATE log")
            #expect(forbidden?.sqlState == "42501")
            let alone = await database.failure("VACUUM log")
            #expect(alone?.code == "refused_write")
        }
    }
}
