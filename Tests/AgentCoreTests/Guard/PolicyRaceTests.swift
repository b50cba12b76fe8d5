import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// Changes at the moment when they hurt most: while a statement waits for a lock, and where a snapshot does not show them.
@Suite("Races with the policy", .timeLimit(.minutes(5)))
struct PolicyRaceTests {
    private static let payload = "pg_read_file('/etc/hostname') AS a, pg_advisory_lock(777)::text AS b"

    @Test("A table that becomes a view while a statement waits for its lock is seen before anything of it runs")
    func replacedWhileWaiting() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql("CREATE TABLE tt (a int); INSERT INTO tt VALUES (1)")
        let sql = "SELECT * FROM tt"
        #expect(try await shop.value(sql) == "1")
        let ending = try await endingOf(
            QueryRequest(sql: sql), in: shop, whileLocked: "tt",
            changes: [
                "DROP TABLE tt",
                "CREATE VIEW tt AS SELECT \(Self.payload)",
            ])
        #expect(ending == .failed("refused_relation"))
        #expect(try shop.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 777") == "0")
    }

    @Test("A function that is replaced while a statement waits for a lock is seen before it runs")
    func functionWhileWaiting() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            CREATE TABLE tt (a int); INSERT INTO tt VALUES (1);
            CREATE FUNCTION late(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1::text'
            """)
        let sql = "SELECT late(a) FROM tt"
        #expect(try await shop.value(sql) == "1")
        let ending = try await endingOf(
            QueryRequest(sql: sql), in: shop, whileLocked: "tt",
            changes: [
                "CREATE OR REPLACE FUNCTION late(int) RETURNS text LANGUAGE sql VOLATILE AS "
                    + "'SELECT pg_advisory_lock(778)::text || pg_read_file(''/etc/hostname'')'"
            ])
        #expect(ending == .failed("refused_function"))
        #expect(try shop.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 778") == "0")
    }

    @Test(
        "A view within a view that is replaced while a statement waits for its lock is seen, also where it is read late",
        arguments: [
            QueryRequest(sql: "SELECT * FROM outer_view"), QueryRequest(sql: "SELECT * FROM outer_view", offset: 1),
            QueryRequest(sql: "EXPLAIN SELECT * FROM outer_view"),
            QueryRequest(sql: "EXPLAIN (ANALYZE, COSTS off) SELECT * FROM outer_view"),
            QueryRequest(sql: "explain analyze verbose (SELECT * FROM outer_view)"),
            QueryRequest(sql: "EXPLAIN DELETE FROM orders WHERE note IN (SELECT a FROM outer_view)"),
            QueryRequest(sql: "EXPLAIN CREATE TABLE never AS SELECT * FROM outer_view"),
            QueryRequest(sql: "EXPLAIN DECLARE c CURSOR FOR SELECT * FROM outer_view"),
        ])
    func nestedView(_ request: QueryRequest) async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            CREATE TABLE tt (a text); INSERT INTO tt VALUES ('1'), ('2');
            CREATE VIEW inner_view AS SELECT a FROM tt; CREATE VIEW outer_view AS SELECT a FROM inner_view
            """)
        _ = try await shop.database.query(request)
        try shop.psql(
            """
            CREATE FUNCTION planned() RETURNS text IMMUTABLE LANGUAGE plpgsql AS
                'BEGIN RAISE EXCEPTION ''ran %'', pg_read_file(''/etc/hostname''); END'
            """)
        let ending = try await endingOf(
            request, in: shop, whileLocked: "inner_view",
            changes: [
                "CREATE OR REPLACE VIEW inner_view AS "
                    + "SELECT pg_advisory_lock(779)::text || pg_read_file('/etc/hostname') AS a WHERE planned() = 'x'"
            ])
        #expect(ending == .failed("refused_relation"))
    }

    @Test("The owner's default for the isolation of transactions does not blind the second test")
    func isolation() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            CREATE TABLE tt (a int); INSERT INTO tt VALUES (1);
            CREATE FUNCTION late(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1::text';
            ALTER DATABASE "\(shop.name)" SET default_transaction_isolation = 'serializable'
            """)
        let sql = "SELECT late(a) FROM tt"
        #expect(try await shop.value(sql) == "1")
        let ending = try await endingOf(
            QueryRequest(sql: sql), in: shop, whileLocked: "tt", begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
            changes: [
                "CREATE OR REPLACE FUNCTION late(int) RETURNS text LANGUAGE sql VOLATILE AS "
                    + "'SELECT pg_advisory_lock(780)::text || pg_read_file(''/etc/hostname'')'"
            ])
        #expect(ending == .failed("refused_function"))
    }

    /// What becomes of a query that waits for a lock whose holder changes something before giving it back.
    private func endingOf(
        _ request: QueryRequest, in shop: ShopDatabase, whileLocked relation: String, begin: String = "BEGIN",
        changes: [String]
    ) async throws -> Ending {
        try await shop.auditor.withConnection { attacker in
            try await attacker.execute(begin)
            try await attacker.execute("LOCK TABLE \(relation)")
            async let ending = Ending { try await shop.database.query(request) }
            try await waitForLock(in: shop)
            for change in changes { try await attacker.execute(change) }
            try await attacker.execute("COMMIT")
            return await ending
        }
    }

    private func waitForLock(in shop: ShopDatabase) async throws {
        for _ in 0..<6000 {
            let waiting = try shop.psql(
                """
                SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
                WHERE d.datname = '\(shop.name)' AND NOT l.granted
                """)
            if waiting != "0" { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("nobody waits for the lock")
    }

    @Test("On a standby a commit is seen that the text of the snapshot does not show")
    func standby() async throws {
        let primary = try PostgresFixture.start()
        defer { primary.remove() }
        try primary.psql("CREATE FUNCTION good() RETURNS text STABLE LANGUAGE sql AS $$ SELECT 'good'::text $$")
        let standby = try primary.startStandby()
        defer { standby.remove() }
        let database = ShopDatabase.configured(standby, "postgres") { _ in }
        let request = QueryRequest(sql: "SELECT good()")
        let client = PGClient(configuration: primary.configuration())
        try await client.withConnection { older in
            try await older.execute("BEGIN")
            try await older.execute("SELECT txid_current()")
            try await client.withConnection { other in
                try await other.execute("BEGIN")
                try await other.execute("SELECT txid_current()")
                try primary.psql("CREATE TABLE moves_xmax ()")
                try await replayed(primary, standby)
                #expect(try await database.query(request).rows.first?.first == "good")
                try await other.execute(
                    "CREATE OR REPLACE FUNCTION good() RETURNS text VOLATILE LANGUAGE sql AS "
                        + "$$ SELECT pg_read_file('/etc/hostname') $$")
                try await other.execute("COMMIT")
            }
            try await replayed(primary, standby)
            let ending = await Ending { try await database.query(request) }
            #expect(ending == .failed("refused_function"))
        }
        await database.shutdown()
        await client.shutdown()
    }

    private func replayed(_ primary: PostgresFixture, _ standby: PostgresFixture) async throws {
        let position = try primary.psql("SELECT pg_current_wal_insert_lsn()")
        for _ in 0..<2000 {
            if try standby.psql("SELECT pg_last_wal_replay_lsn() >= '\(position)'") == "t" { return }
            // Nothing of a transaction is flushed by itself.
            try primary.psql("SELECT pg_switch_wal()")
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the standby does not follow")
    }
}
