import Foundation
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// What changes between a decision and the next statement is noticed before anything runs, and costs nothing on the wire.
@Suite("Freshness of the policy")
struct PolicyFreshnessTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let sql: String
        let change: String
        var testDescription: String { change }
    }

    static let changes: [Change] = [
        Change(sql: "SELECT * FROM late_view", change: "CREATE OR REPLACE VIEW late_view AS SELECT noise() AS n"),
        Change(
            sql: "SELECT late()",
            change: "CREATE OR REPLACE FUNCTION late() RETURNS int LANGUAGE sql STABLE AS 'SELECT noise()'"),
        Change(
            sql: "SELECT calls_late()",
            change: "CREATE OR REPLACE FUNCTION late() RETURNS int LANGUAGE sql STABLE AS 'SELECT noise()'"),
        Change(sql: "SELECT late()", change: "ALTER FUNCTION late() VOLATILE"),
        Change(
            sql: "SELECT id + 1 FROM customers",
            change: "CREATE OPERATOR public.+ (LEFTARG = int, RIGHTARG = int, FUNCTION = add_noise)"),
        Change(sql: "SELECT * FROM open", change: "CREATE POLICY p ON open USING (noise() = id)"),
        Change(
            sql: "SELECT * FROM parted",
            change: "ALTER TABLE parted ATTACH PARTITION hosts FOR VALUES IN ('x')"),
        Change(
            sql: "SELECT * FROM open_text",
            change: "CREATE FOREIGN TABLE more () INHERITS (open_text) SERVER files OPTIONS (filename '/etc/hostname')"),
        Change(
            sql: "SELECT * FROM late_view",
            change: "DROP VIEW late_view; ALTER VIEW bad_view RENAME TO late_view"),
        Change(sql: "SELECT * FROM elsewhere.late_view", change: "ALTER SCHEMA bad RENAME TO elsewhere"),
        Change(
            sql: "SELECT * FROM late_view", change: "DROP VIEW late_view; ALTER VIEW bad.late_view SET SCHEMA public"),
        Change(
            sql: "SELECT p FROM pairs", change: "CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS IMPLICIT"),
        Change(sql: "SELECT 1::positive", change: "ALTER DOMAIN positive ADD CHECK (noise() > VALUE - 10)"),
        Change(sql: "SELECT 1::farther", change: "CREATE DOMAIN farther AS checked"),
        Change(sql: "SELECT * FROM open", change: "CREATE INDEX ON open (lying(id))"),
        Change(sql: "SELECT * FROM open", change: "ALTER TABLE open ADD CHECK (lying(id) > 0)"),
        Change(
            sql: "SELECT late(1)",
            change: "CREATE FUNCTION late(int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'"),
        Change(
            sql: "SELECT json_populate_record(o, '{}') FROM open AS o", change: "ALTER TABLE open ADD COLUMN c checked"),
        Change(sql: "SELECT * FROM open_text", change: "ALTER FOREIGN TABLE hosts INHERIT open_text"),
    ]

    static let setup = """
        CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
        CREATE FOREIGN TABLE hosts (line text) SERVER files OPTIONS (filename '/etc/hostname');
        CREATE TABLE parted (line text) PARTITION BY LIST (line);
        CREATE TABLE open (id int); CREATE TABLE open_text (line text);
        CREATE VIEW late_view AS SELECT 1 AS n; CREATE VIEW bad_view AS SELECT noise() AS n;
        CREATE SCHEMA bad; CREATE VIEW bad.late_view AS SELECT noise() AS n;
        CREATE FUNCTION late() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
        CREATE FUNCTION calls_late() RETURNS int LANGUAGE sql STABLE AS 'SELECT late()';
        CREATE FUNCTION lying(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN noise() + $1; END $$;
        CREATE TYPE pair AS (a int, b int); CREATE TABLE pairs (p pair);
        CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE DOMAIN checked AS int CHECK (noise() > VALUE - 10);
        """

    @Test("An object that is made or replaced after a decision is noticed before it runs", arguments: changes)
    func noticed(_ change: Change) async throws {
        let shop = try ShopDatabase.make(extensions: ["file_fdw"])
        try shop.psql(Self.setup)
        let before = await Ending { try await shop.database.query(QueryRequest(sql: change.sql)) }
        #expect(!before.isRefusal, "\(before)")
        try shop.psql(change.change)
        let after = await Ending { try await shop.database.query(QueryRequest(sql: change.sql)) }
        #expect(after.isRefusal, "\(after)")
    }

    @Test("What is mended runs again")
    func mended() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql("CREATE VIEW v AS SELECT noise() AS n")
        let sql = "SELECT * FROM v"
        #expect(await Ending { try await shop.database.query(QueryRequest(sql: sql)) } == .failed("refused_relation"))
        try shop.psql("CREATE OR REPLACE VIEW v AS SELECT 1 AS n")
        // A refusal is held against the server once a second.
        try await Task.sleep(for: .milliseconds(1100))
        #expect(try await shop.value(sql) == "1")
    }

    @Test("Others' writes cost one round trip when they begin, and none while they go on")
    func busyDatabase() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql("CREATE VIEW v AS SELECT count(*) AS n FROM orders")
        let counter = try RoundTripCounter(target: shop.fixture.port)
        let database = shop.reconfigured {
            $0.host = "127.0.0.1"
            $0.port = counter.port
            $0.sslmode = .disable
        }
        let request = QueryRequest(sql: "SELECT n + 1, lower('A') FROM v")
        for _ in 0..<2 { _ = try await database.query(request) }
        func write() async throws {
            for try await _ in try await shop.auditor.query("INSERT INTO log VALUES (now(), 'x')") {}
        }
        try await write()
        _ = counter.take()
        _ = try await database.query(request)
        #expect(counter.take() <= 2)
        var fewest = Int.max
        for _ in 0..<5 {
            try await write()
            _ = counter.take()
            _ = try await database.query(request)
            fewest = min(fewest, counter.take())
        }
        #expect(fewest == 1)
        await database.shutdown()
    }

    @Test("The policy costs a warm query no round trip and no statement to be parsed: one test more, which is prepared")
    func messages() async throws {
        let shop = try ShopDatabase.make()
        let counter = try RoundTripCounter(target: shop.fixture.port)
        let database = shop.reconfigured {
            $0.host = "127.0.0.1"
            $0.port = counter.port
            $0.sslmode = .disable
        }
        for _ in 0..<3 { _ = try await database.query(QueryRequest(sql: "SELECT 1")) }
        _ = counter.takeMessages()
        _ = try await database.query(QueryRequest(sql: "SELECT 1"))
        let without = counter.takeMessages()
        let sql = "SELECT count(*) FROM big_orders WHERE full_name(NULL) IS NULL AND total + 1 > 2"
        for _ in 0..<3 { _ = try await database.query(QueryRequest(sql: sql)) }
        var with = counter.takeMessages()
        // Another test's write may make one query ask for the digest anew.
        for _ in 0..<5 {
            _ = try await database.query(QueryRequest(sql: sql))
            with = counter.takeMessages()
            if with["B"] == without["B"].map({ $0 + 1 }) { break }
        }
        #expect(with["P"] == without["P"])
        #expect(with["B"] == without["B"].map { $0 + 1 })
        #expect(with["S"] == 2 && without["S"] == 2)
        await database.shutdown()
    }

    @Test("A large database is read within limits, and little of it is kept")
    func largeDatabase() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            DO $$ BEGIN
                FOR i IN 1..1000 LOOP
                    EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a text DEFAULT lower(''x''), CHECK (id > 0))', i);
                    EXECUTE format('CREATE VIEW w%s AS SELECT id, upper(a) AS a FROM t%s WHERE id > 5', i, i);
                END LOOP;
                FOR i IN 1..5000 LOOP
                    EXECUTE format('CREATE FUNCTION f%s(a int) RETURNS int LANGUAGE sql STABLE AS ''SELECT f%s(a) + 1''',
                        i, i - 1);
                END LOOP;
            END $$
            """.replacingOccurrences(of: "DO $$ BEGIN", with: "SET check_function_bodies = off; DO $$ BEGIN"))
        #expect(try await shop.value("SELECT count(*) FROM w7") == "0")
        let copy = try await shop.database.policy.catalog(.none)
        #expect(copy.catalog.relations.count < 60)
        #expect(copy.catalog.functions.count < 300)
        // One function at the bottom makes a chain of thousands hazardous, and its telling stays short.
        try shop.psql("CREATE FUNCTION f0(a int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT a'")
        do {
            _ = try await shop.value("SELECT f5000(1)")
            Issue.record("the chain ran")
        } catch let failure as QueryFailure {
            #expect(failure.description.contains("public.f4999(integer)"))
            #expect(failure.description.utf8.count < 2000)
        }
    }
}
