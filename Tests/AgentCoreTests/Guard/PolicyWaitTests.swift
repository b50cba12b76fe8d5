import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// Changes while a statement waits where its second test does not look, or while it runs.
///
/// One after the other: they share a database, and each would take the locks and changes of the others for its own.
@Suite("Waiting under the policy", .serialized, .timeLimit(.minutes(5)))
struct PolicyWaitTests {
    private static let shop = Result {
        let shop = try ShopDatabase.make {
            $0.limits.lockTimeout = .seconds(60)
            $0.limits.statementTimeout = .seconds(240)
        }
        try shop.psql(
            """
            CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent); INSERT INTO child VALUES (1);
            CREATE TABLE tt (a int); INSERT INTO tt VALUES (1);
            CREATE TABLE behind (a int); INSERT INTO behind VALUES (1);
            CREATE FUNCTION reads() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT a FROM behind); END';
            """)
        return shop
    }

    struct Race: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What exists before, with `#` for a word of its own.
        let setup: String
        let sql: String
        let lock: String
        let change: String
        var behindPooler = false
    }

    private static let evil = "pg_advisory_lock(790)::text || pg_read_file('/etc/hostname')"

    private static func function(_ name: String, _ body: String) -> String {
        "CREATE OR REPLACE FUNCTION \(name)(int) RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN \(body); END $$"
    }

    private static func check(_ name: String, _ body: String) -> String {
        "CREATE OR REPLACE FUNCTION \(name)(int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN \(body); END $$"
    }

    static let races = [
        Race(
            testDescription: "a function, while the planner waits for a child", setup: function("f1", "'x'"),
            sql: "SELECT f1(a) FROM parent", lock: "child", change: function("f1", evil)),
        Race(
            testDescription: "a check of a domain, while the statement is read",
            setup: check("c2", "true") + "; CREATE DOMAIN d2 AS int CHECK (c2(value))",
            sql: "SELECT '{1}'::d2[], a FROM tt", lock: "tt", change: check("c2", evil + " = 'x'")),
        Race(
            testDescription: "a function, while another one waits for its table", setup: function("f3", "'x'"),
            sql: "SELECT reads(), f3(a) FROM tt", lock: "behind", change: function("f3", evil)),
        Race(
            testDescription: "a function, behind a pooler", setup: function("f4", "'x'"),
            sql: "SELECT f4(a) FROM tt", lock: "tt", change: function("f4", evil), behindPooler: true),
        Race(
            testDescription: "a check, behind a pooler",
            setup: check("c5", "true") + "; CREATE DOMAIN d5 AS int CHECK (c5(value))",
            sql: "SELECT 1::d5, a FROM parent", lock: "child", change: check("c5", evil + " = 'x'"),
            behindPooler: true),
    ]

    @Test("What is replaced while a statement meets a lock does not run", arguments: races)
    func replaced(_ race: Race) async throws {
        let shop = try Self.shop.get()
        try shop.psql(race.setup)
        let pooler = race.behindPooler && PgBouncer.isAvailable ? try PgBouncer.start(before: shop.fixture) : nil
        defer { pooler?.stop() }
        let database = pooler.map { pooler in
            shop.reconfigured {
                $0.host = pooler.parameters["host"]
                $0.port = pooler.parameters["port"].flatMap { Int($0) }
                $0.user = pooler.parameters["user"]
                $0.sslmode = .disable
                $0.pooler = .transaction
                $0.limits.lockTimeout = .seconds(60)
            }
        }
        let asked = database ?? shop.database
        let request = QueryRequest(sql: race.sql)
        let before = await Ending { try await asked.query(request) }
        #expect(before == .answered(rows: 1))
        let ending = try await shop.auditor.withConnection { attacker in
            try await attacker.execute("BEGIN")
            try await attacker.execute("LOCK TABLE \(race.lock)")
            async let ending = Ending { try await asked.query(request) }
            try await attacker.execute(Self.waitUntilMet)
            // At once, since a pause between them would let the statement meet the lock once more.
            for try await event in try await attacker.pipeline([.statement(race.change), .statement("COMMIT"), .sync]) {
                if case .failed(_, let error) = event { Issue.record("\(error.message)") }
            }
            return await ending
        }
        #expect(ending == .failed("refused_function"))
        #expect(try shop.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 790") == "0")
        await database?.shutdown()
    }

    /// Waits until the statement waits aside for a lock that it names, or has met another lock and let go of it for so long that
    /// it pauses for much longer than a change takes. While it meets a lock, for a millisecond, a change would meet what the
    /// second test cannot see (Documentation/Decisions/0008): the lock's end lets the statement go on, and a busy machine makes
    /// more of a millisecond.
    private static let waitUntilMet = """
        DO $$ DECLARE was bool := false; waits bool; met timestamptz; since timestamptz; BEGIN
            WHILE clock_timestamp() < statement_timestamp() + interval '1 minute' LOOP
                waits := EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock' AND database =
                    (SELECT oid FROM pg_database WHERE datname = current_database()));
                IF waits AND NOT was THEN since := clock_timestamp(); met := coalesce(met, since); END IF;
                IF NOT waits AND clock_timestamp() > met + interval '400 ms' THEN RETURN; END IF;
                IF waits AND clock_timestamp() > since + interval '200 ms' THEN RETURN; END IF;
                was := waits;
                PERFORM pg_sleep(0.0002);
            END LOOP;
            RAISE EXCEPTION 'nobody waits for the lock';
        END $$
        """

    @Test("A statement that met a lock is answered when the lock is gone, and told of lock_timeout when it stays")
    func answered() async throws {
        let shop = try Self.shop.get()
        let hurried = shop.reconfigured { $0.limits.lockTimeout = .milliseconds(50) }
        for (sql, lock) in [
            ("SELECT a FROM parent", "child"), ("SELECT a FROM tt", "tt"), ("SELECT reads()", "behind"),
        ] {
            let request = QueryRequest(sql: sql)
            try await shop.auditor.withConnection { other in
                try await other.execute("BEGIN")
                try await other.execute("LOCK TABLE \(lock)")
                #expect(await Ending { try await hurried.query(request) } == .failed("timeout"), "\(sql)")
                async let ending = Ending { try await shop.database.query(request) }
                try await other.execute(Self.waitUntilMet)
                try await other.execute("COMMIT")
                #expect(await ending == .answered(rows: 1), "\(sql)")
            }
        }
        await hurried.shutdown()
    }

    @Test("A statement over many locked tables waits no longer than over one")
    func manyLocked() async throws {
        let shop = try Self.shop.get()
        let tables = (0..<30).map { "locked_\($0)" }
        try shop.psql(tables.map { "CREATE TABLE \($0) (a int);" }.joined())
        let hurried = shop.reconfigured {
            $0.limits.lockTimeout = .seconds(1)
            $0.limits.statementTimeout = .seconds(1)
        }
        let sql = "SELECT FROM \(tables.joined(separator: ", "))"
        // What is found out once about the catalog may take longer than a second on a busy machine.
        var isKnown = false
        for _ in 0..<100 where !isKnown {
            let known = await Ending { try await hurried.query(QueryRequest(sql: sql)) }
            isKnown = known == .answered(rows: 0)
        }
        #expect(isKnown)
        try await shop.auditor.withConnection { other in
            try await other.execute("BEGIN")
            try await other.execute("LOCK TABLE \(tables.joined(separator: ", "))")
            async let ending = Ending { try await hurried.query(QueryRequest(sql: sql)) }
            let outcome = await ending
            #expect(outcome == .failed("timeout"))
            try await other.execute("COMMIT")
        }
        await hurried.shutdown()
        // A wait to its end leaves a line in the server's log: the first took all the time there was. There may be some more, since
        // other tests change the catalog, and the statement is then decided about anew.
        let waits = shop.fixture.log.split(separator: "\n").filter {
            $0.contains("STATEMENT:  SELECT FROM ") && $0.contains("locked_") && !$0.contains(",")
        }
        #expect((1..<10).contains(waits.count))
    }

    @Test("The answer of a long statement is withheld when its code was replaced meanwhile")
    func replacedWhileRunning() async throws {
        let shop = try Self.shop.get()
        try shop.psql(Self.function("f6", "'x'"))
        let sql = "SELECT f6(1), pg_sleep(3), 'runs_long_790'"
        async let ending: String? = {
            do {
                _ = try await shop.database.query(QueryRequest(sql: sql))
                return nil
            } catch { return String(describing: error) }
        }()
        try await wait(for: "runs_long_790", on: shop.fixture)
        try shop.psql(Self.function("f6", "pg_read_file('/etc/hostname')"))
        let text = await ending
        #expect(text?.contains("was changed while the statement ran") == true)
        #expect(text?.contains("withheld") == true)
    }

    @Test("What a replaced function left in the session goes with the connection", arguments: [false, true])
    func leftBehind(fails: Bool) async throws {
        let shop = try Self.shop.get()
        let (inner, outer) = fails ? ("f9", "f10") : ("f11", "f12")
        try shop.psql(Self.function(inner, "'x'") + ";" + Self.function(outer, "pg_sleep(3)::text || \(inner)(1)"))
        let sql = "SELECT \(outer)(1), 'leaves_\(inner)_790'"
        async let ending = Ending { try await shop.database.query(QueryRequest(sql: sql)) }
        try await wait(for: "leaves_\(inner)_790", on: shop.fixture)
        let body = "pg_advisory_lock(791)::text" + (fails ? " || 1 / 0" : "")
        try shop.psql(Self.function(inner, body))
        #expect(await ending == .failed("refused_function"))
        try await waitUntilFree(advisoryLock: 791, on: shop.fixture)
    }

    @Test("Functions that are replaced all the time hold a query up, and do not make it fail")
    func changing() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(Self.function("f7", "'x'"))
        #expect(try await shop.value("SELECT f7(1)") == "x")
        try await shop.auditor.withConnection { other in
            async let storm = other.execute(
                """
                DO $$ BEGIN
                    FOR i IN 1..400 LOOP
                        EXECUTE 'ALTER FUNCTION f7(int) COST ' || i;
                        COMMIT;
                        PERFORM pg_sleep(0.002);
                    END LOOP;
                END $$
                """)
            try await wait(for: "ALTER FUNCTION f7", on: shop.fixture)
            #expect(try await shop.value("SELECT f7(1)") == "x")
            _ = try await storm
        }
    }
}
