import AuthTokens
import TestSupport
import Testing

@testable import AgentCore

/// Tables of somebody without rights, into which a superuser writes.
@Suite("Code of somebody else that a write would run", .serialized)
struct CodeOfTablesTests {
    private static let role = "mal_\(PostgresFixture.processID)"

    private static let shared = Result {
        let shop = try ShopDatabase.make { $0.allowWrites = true }
        try shop.psql(
            """
            CREATE ROLE \(role) LOGIN;
            CREATE SCHEMA m AUTHORIZATION \(role);
            CREATE TABLE own (a int DEFAULT nextval('counter') CHECK (double(a) > 0));
            CREATE FUNCTION own_trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
            CREATE TRIGGER t BEFORE INSERT ON own FOR EACH ROW EXECUTE FUNCTION own_trg();
            CREATE RULE r AS ON DELETE TO own DO ALSO SELECT noise();
            SET ROLE \(role);
            CREATE FUNCTION m.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
            CREATE FUNCTION m.safe() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN new; END';
            CREATE FUNCTION m.dv() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
            CREATE FUNCTION m.ok(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';
            CREATE FUNCTION m.same(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';
            CREATE OPERATOR m.### (leftarg = int, rightarg = int, function = m.same);
            CREATE DOMAIN m.checked AS int CHECK (m.ok(value));
            CREATE TABLE m.plain (a serial, b timestamptz DEFAULT now(), c uuid DEFAULT gen_random_uuid() CHECK (c <> NULL));
            CREATE TABLE m.trt (a int);
            CREATE TRIGGER t BEFORE INSERT ON m.trt FOR EACH ROW EXECUTE FUNCTION m.trg();
            CREATE TABLE m.off (a int);
            CREATE TRIGGER t BEFORE INSERT ON m.off FOR EACH ROW EXECUTE FUNCTION m.trg();
            ALTER TABLE m.off DISABLE TRIGGER t;
            CREATE TABLE m.definer (a int);
            CREATE TRIGGER t BEFORE INSERT ON m.definer FOR EACH ROW EXECUTE FUNCTION m.safe();
            CREATE TABLE m.dt (a int, b int DEFAULT m.dv());
            CREATE TABLE m.file (a int, b text DEFAULT pg_read_file('/etc/hostname'));
            CREATE TABLE m.rt (a int);
            CREATE RULE r AS ON INSERT TO m.rt DO ALSO SELECT m.dv();
            CREATE VIEW m.vt AS SELECT 1 AS a;
            CREATE TRIGGER iot INSTEAD OF INSERT ON m.vt FOR EACH ROW EXECUTE FUNCTION m.trg();
            CREATE TABLE m.gen (a int, b bool GENERATED ALWAYS AS (m.ok(a)) STORED);
            CREATE TABLE m.chk (a int CONSTRAINT k CHECK (m.ok(a)));
            CREATE TABLE m.op (a int CONSTRAINT k CHECK (a OPERATOR(m.###) 1));
            CREATE TABLE m.dom (a m.checked[]);
            CREATE TABLE m.dcast (a int DEFAULT ('7'::m.checked)::int);
            CREATE DOMAIN m.over AS int CHECK ((value::m.checked)::int > 0);
            CREATE TABLE m.nested (a int, b bool DEFAULT (1::m.over)::int > 0);
            CREATE TABLE m.ix (a int);
            CREATE INDEX ix_ok ON m.ix (m.ok(a));
            CREATE TABLE m.pt (a int);
            ALTER TABLE m.pt ENABLE ROW LEVEL SECURITY;
            CREATE POLICY p ON m.pt USING (true) WITH CHECK (m.ok(a));
            CREATE TABLE m.whole (a int) PARTITION BY RANGE (a);
            CREATE TABLE m.part PARTITION OF m.whole FOR VALUES FROM (0) TO (10);
            CREATE TRIGGER pt BEFORE INSERT ON m.part FOR EACH ROW EXECUTE FUNCTION m.trg();
            CREATE TABLE m.top (a int PRIMARY KEY);
            CREATE TABLE m.below (a int REFERENCES m.top ON DELETE CASCADE);
            CREATE TRIGGER bt BEFORE DELETE ON m.below FOR EACH ROW EXECUTE FUNCTION m.trg();
            CREATE TABLE m."T x" (a int);
            CREATE TRIGGER "a b" AFTER TRUNCATE ON m."T x" EXECUTE FUNCTION m.trg();
            RESET ROLE;
            CREATE VIEW through AS SELECT a FROM m.trt;
            """)
        return shop
    }

    private func warnings(_ sql: String) async throws -> [String] {
        let shop = try Self.shared.get()
        let request = WriteRequest(sql: sql, origin: CallOrigin(principal: .local))
        return try #require(try await shop.database.approvalQuestion(request), "it is taken for a read").warnings
    }

    @Test(
        "It is told with its owner",
        arguments: [
            ("INSERT INTO m.trt VALUES (1)", "the trigger t of m.trt runs m.trg(), which belongs to MAL"),
            ("INSERT INTO through VALUES (1)", "the trigger t of m.trt runs m.trg(), which belongs to MAL"),
            ("DELETE FROM own WHERE a = 1; INSERT INTO m.trt VALUES (1)", "the trigger t of m.trt runs m.trg()"),
            ("WITH i AS (INSERT INTO m.trt VALUES (1) RETURNING a) SELECT a FROM i", "the trigger t of m.trt"),
            ("INSERT INTO m.vt VALUES (1)", "the trigger iot of m.vt runs m.trg(), which belongs to MAL"),
            (
                "INSERT INTO m.dt (a) VALUES (1)",
                "the default of the column b of m.dt runs m.dv(), which belongs to MAL"
            ),
            ("INSERT INTO m.file VALUES (1)", "runs pg_catalog.pg_read_file(), which MAL put there"),
            ("INSERT INTO m.rt VALUES (1)", "the rule r of m.rt, which belongs to MAL, runs"),
            ("INSERT INTO m.gen VALUES (1)", "the generated column b of m.gen runs m.ok()"),
            ("INSERT INTO m.chk VALUES (1)", "the check k of m.chk runs m.ok()"),
            ("INSERT INTO m.op VALUES (1)", "the check k of m.op runs m.same()"),
            ("INSERT INTO m.dom VALUES ('{1}')", "the domain checked, which m.dom uses, runs m.ok()"),
            ("INSERT INTO m.dcast DEFAULT VALUES", "the domain checked, which m.dcast uses, runs m.ok()"),
            ("INSERT INTO m.nested VALUES (1)", "the domain checked, which m.nested uses, runs m.ok()"),
            ("INSERT INTO m.ix VALUES (1)", "the index ix_ok of m.ix runs m.ok()"),
            ("INSERT INTO m.pt VALUES (1)", "the row policy p of m.pt runs m.ok()"),
            ("INSERT INTO m.whole VALUES (1)", "the trigger pt of m.part runs m.trg()"),
            ("DELETE FROM m.top WHERE a = 1", "the trigger bt of m.below runs m.trg()"),
            ("TRUNCATE own, m.\"T x\"", "the trigger \"a b\" of m.\"T x\" runs m.trg()"),
            ("COPY m.trt (a) FROM '/nothing'", "the trigger t of m.trt runs m.trg()"),
        ])
    func told(_ sql: String, sentence: String) async throws {
        let expected = sentence.replacing("MAL", with: Self.role)
        let found = try await warnings(sql)
        #expect(
            found.contains { $0.contains(expected) && $0.hasSuffix("with the rights of this connection") }, "\(found)")
    }

    @Test(
        "One's own code, a superuser's, and what does not run or has other rights are not",
        arguments: [
            "INSERT INTO own VALUES (1)", "DELETE FROM own WHERE a = 1", "INSERT INTO m.plain (a) VALUES (1)",
            "INSERT INTO m.off VALUES (1)", "INSERT INTO m.definer VALUES (1)", "INSERT INTO m.top VALUES (1)",
            "CREATE TABLE nothing_known (a int)",
        ])
    func untold(_ sql: String) async throws {
        let found = try await warnings(sql)
        #expect(!found.contains { $0.contains("with the rights of this connection") }, "\(found)")
    }

    @Test("Whoever only asks what would become of a text is told as well")
    func decision() async throws {
        let shop = try Self.shared.get()
        let request = WriteRequest(sql: "INSERT INTO m.trt VALUES (1)", origin: CallOrigin(principal: .local))
        guard case .asks(let kinds, let warnings) = await shop.database.decision(about: request) else {
            Issue.record("nobody would be asked")
            return
        }
        #expect(kinds == ["INSERT"])
        #expect(warnings.contains { $0.contains("the trigger t of m.trt runs m.trg()") }, "\(warnings)")
    }

    @Test("To the role itself it is its own")
    func ofTheRole() async throws {
        let shop = try Self.shared.get()
        let database = shop.reconfigured {
            $0.allowWrites = true
            $0.user = Self.role
        }
        let request = WriteRequest(sql: "INSERT INTO m.trt VALUES (1)", origin: CallOrigin(principal: .local))
        let question = try #require(try await database.approvalQuestion(request))
        #expect(!question.warnings.contains { $0.contains("rights of this connection") }, "\(question.warnings)")
        await database.shutdown()
    }

    @Test("No more than can be read, and what is left out is said")
    func bounded() async throws {
        let shop = try Self.shared.get()
        try shop.psql(
            """
            SET ROLE \(Self.role);
            CREATE TABLE m.many (a int);
            SELECT format('CREATE TRIGGER t%s BEFORE INSERT ON m.many FOR EACH ROW EXECUTE FUNCTION m.trg()', i)
                FROM generate_series(1, 30) AS i \\gexec
            """)
        let found = try await warnings("INSERT INTO m.many VALUES (1)")
        #expect(found.count { $0.hasSuffix("with the rights of this connection") } == CodeOfTables.most)
        #expect(found.contains { $0.hasPrefix("more code of other roles") })
    }

    @Test(
        "Each of several statements is judged by itself, and so is one that nothing is planned of",
        arguments: [
            ("SELECT lo_export(1, '/tmp/x'); UPDATE own SET a = 2 WHERE a = 1", "statement 1: uses", "lo_export"),
            (
                "UPDATE own SET a = 2 WHERE a = 1; SELECT set_config('a.b', 'c', false)", "statement 2: uses",
                "set_config"
            ),
            ("DELETE FROM own WHERE a = 1; DELETE FROM own WHERE a = noise()", "statement 2: uses", "noise"),
            ("CREATE TABLE made AS SELECT lo_export(1, '/tmp/x')", "uses", "lo_export"),
        ])
    func each(_ sql: String, beginning: String, name: String) async throws {
        let found = try await warnings(sql)
        #expect(found.contains { $0.hasPrefix(beginning) && $0.contains(name) }, "\(found)")
    }
}
