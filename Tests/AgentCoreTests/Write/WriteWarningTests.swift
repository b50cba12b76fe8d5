import SQLClassifier
import Testing

@testable import AgentCore

@Suite("Warnings of rights and settings")
struct WriteWarningTests {
    private func warnings(_ sql: String) throws -> [String] {
        WriteWarnings.of(
            try WritePlan(sql, SQLClassifier.classify(sql), dryRun: false), refused: nil, readsSecrets: false)
    }

    @Test(
        "What changes who may do something later is marked",
        arguments: [
            ("ALTER TABLE t DISABLE ROW LEVEL SECURITY", "lifts the row policies"),
            ("ALTER TABLE t NO FORCE ROW LEVEL SECURITY", "lifts the row policies"),
            ("ALTER TABLE t OWNER TO x", "another role"), ("ALTER VIEW \"T\" OWNER TO x", "another role"),
            ("ALTER FUNCTION f() OWNER TO x", "another role"), ("ALTER TABLE t DISABLE TRIGGER ALL", "switches off"),
            ("ALTER EVENT TRIGGER e DISABLE", "switches off"),
            ("CREATE CAST (a AS b) WITHOUT FUNCTION", "other statements"),
            ("CREATE OPERATOR = (leftarg = int)", "other statements"),
            ("ALTER DATABASE d SET a = 1", "sessions to come"),
            ("ALTER ROLE r SET a = 1", "sessions to come"),
            ("ALTER ROLE r IN DATABASE d RESET ALL", "sessions to come"),
            ("ALTER FUNCTION f() SECURITY DEFINER", "lends its owner's rights"),
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", "lends its owner's rights"),
            ("CREATE POLICY p ON t", "which rows"), ("ALTER POLICY p ON t USING (true)", "which rows"),
            ("SECURITY LABEL ON TABLE t IS 'x'", "who may do what"),
            ("CREATE PUBLICATION p FOR ALL TABLES", "other servers"),
            ("MERGE INTO t USING u ON true WHEN MATCHED THEN UPDATE SET a = 1", "every row"),
            ("MERGE INTO t USING u ON 1 = 1 WHEN MATCHED THEN DELETE", "every row"),
            ("MERGE INTO t USING u ON t.a = u.a OR true WHEN MATCHED THEN DELETE", "every row"),
            ("MERGE INTO t USING u JOIN v ON u.a = v.a ON true WHEN MATCHED THEN DELETE", "every row"),
            ("DELETE FROM t WHERE a = '\u{2800}'", "cannot be seen"),
        ])
    func marks(_ sql: String, mark: String) throws {
        let found = try warnings(sql)
        #expect(found.contains { $0.contains(mark) }, "\(found)")
    }

    @Test(
        "The ordinary is not",
        arguments: [
            "COMMENT ON TABLE t IS 'x'", "ALTER TABLE t ADD COLUMN owner text", "ALTER TABLE t RENAME TO u",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY", "ALTER DATABASE d SET TABLESPACE x",
            "ALTER DATABASE d RENAME TO e",
            "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET a = 1",
            "MERGE INTO t USING u ON CASE WHEN t.a = u.a THEN true END WHEN MATCHED THEN UPDATE SET a = 1",
            "MERGE INTO t USING u ON false WHEN NOT MATCHED THEN INSERT VALUES (1)",
        ])
    func ordinary(_ sql: String) throws {
        #expect(try warnings(sql).isEmpty)
    }

    @Test("A blank of Braille is shown by its number, and many are a gap")
    func braille() {
        #expect(VisibleSQL.text("a\u{2800}b") == "a⟨U+2800⟩b")
        #expect(VisibleSQL.hasGap("a" + String(repeating: "\u{2800}", count: 61)))
    }
}
