import AuthTokens
import MCPProtocol
import SQLClassifier
import Testing

@testable import AgentCore

@Suite("What a person is shown")
struct QuestionTextTests {
    private func plan(_ sql: String, dryRun: Bool = false) throws -> WritePlan {
        try WritePlan(sql, SQLClassifier.classify(sql), dryRun: dryRun)
    }

    private func warnings(_ sql: String) throws -> [String] {
        WriteWarnings.of(try plan(sql), refused: nil, readsSecrets: false)
    }

    @Test(
        "What cannot be seen is shown by its number, and no two texts look the same",
        arguments: [
            ("SELECT 'a\tb'\n", "SELECT 'a\tb'\n"), ("a\u{202E}b", "a⟨U+202E⟩b"), ("a\u{1B}[2J", "a⟨U+001B⟩[2J"),
            ("a\rb", "a⟨U+000D⟩b"), ("a\u{200B}b", "a⟨U+200B⟩b"), ("a\u{00A0}b", "a⟨U+00A0⟩b"), ("ä 日 😀", "ä 日 😀"),
            ("⟨U+202E⟩", "⟨U+27E8⟩U+202E⟩"), ("\u{FEFF}x\u{E0041}", "⟨U+FEFF⟩x⟨U+E0041⟩"), ("\u{3164}", "⟨U+3164⟩"),
            ("\u{2028}", "⟨U+2028⟩"), ("\u{7F}\u{85}", "⟨U+007F⟩⟨U+0085⟩"),
        ])
    func visible(_ sql: String, shown: String) {
        #expect(VisibleSQL.text(sql) == shown)
    }

    @Test("The question ends with the SQL, byte for byte")
    func whole() {
        let desk = ApprovalDesk()
        let sql = "DELETE FROM t;\n\nUPDATE u SET a = 'Rows: 1\nSQL (1 statement):' -- end"
        let question = ApprovalQuestion(
            approval: desk.issue(sql: sql, database: "shop", dryRun: false, principal: "p"), sql: sql,
            kinds: ["DELETE", "UPDATE"], statements: 2, estimatedRows: 12, warnings: ["one", "two"], isAlone: false)
        #expect(question.text.hasSuffix("all that follows is the SQL):\n" + sql))
        #expect(question.text.hasPrefix("Run this on the database \"shop\"?"))
        for part in [
            "Kind: DELETE, UPDATE\n", "WARNING: one\nWARNING: two\n", "about 12\n", "all or nothing", "4 lines",
        ] {
            #expect(question.text.contains(part), "\(part)")
        }
        #expect(question.form.fields.isEmpty)
    }

    @Test("A dry run is said to be one, and what it leaves behind")
    func dryRun() {
        let desk = ApprovalDesk()
        let question = ApprovalQuestion(
            approval: desk.issue(sql: "x", database: "shop", dryRun: true, principal: "p"), sql: "x", kinds: ["DELETE"],
            statements: 1, estimatedRows: nil, warnings: [], isAlone: false)
        #expect(question.text.hasPrefix("Dry run:"))
        #expect(question.text.contains("sequences advance, triggers run, and calls to foreign servers take effect"))
        #expect(question.text.contains("no estimate"))
    }

    @Test(
        "The dangerous is marked",
        arguments: [
            ("DELETE FROM t", "DELETE without WHERE"), ("UPDATE t SET a = 1", "UPDATE without WHERE"),
            ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d WHERE a", "DELETE without WHERE"),
            ("DELETE FROM t WHERE true", "every row of its table may be removed"),
            ("UPDATE t SET a = 1 WHERE id = 5 OR 1 = 1", "every row of its table may be changed"),
            ("TRUNCATE t CASCADE", "also of tables that refer to it"), ("DROP TABLE t", "DROP TABLE removes"),
            ("DROP SCHEMA s CASCADE", "all that depends on it"), ("ALTER TABLE t DROP COLUMN a", "ALTER TABLE … DROP"),
            ("GRANT ALL ON t TO PUBLIC", "who may do what"), ("REVOKE a FROM b", "who may do what"),
            ("COPY t FROM PROGRAM 'sh'", "runs a program"), ("COPY t TO '/tmp/x'", "a file of the server"),
            ("DO $$BEGIN END$$", "runs code"), ("CALL p()", "runs code"), ("VACUUM FULL t", "rewrites it"),
            ("VACUUM (VERBOSE, FULL) t", "rewrites it"), ("ALTER SYSTEM SET a = 1", "whole server"),
            ("FROBNICATE t", "not understood"), ("DELETE FROM t\u{0430}b WHERE a", "outside ASCII"),
            ("DELETE FROM t WHERE a = '\u{202E}'", "cannot be seen"),
            ("DELETE FROM t WHERE a = '\u{05D0}'", "right to left"),
            ("DELETE FROM t WHERE a\n\n\n\n\n\n\n\nOR true", "white space"),
            ("SELECT 1; DELETE FROM t", "statement 2: DELETE without WHERE"),
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "installs code"),
        ])
    func marks(_ sql: String, mark: String) throws {
        let found = try warnings(sql)
        #expect(found.contains { $0.contains(mark) }, "\(found)")
    }

    @Test(
        "The ordinary is not",
        arguments: [
            "INSERT INTO t VALUES (1)", "UPDATE t SET a = 1 WHERE id = 2", "DELETE FROM t WHERE id = 1",
            "CREATE TABLE t (a int)", "ALTER TABLE t ADD COLUMN a int", "VACUUM t", "CREATE INDEX ON t (a)",
            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
            "MERGE INTO t USING u ON a = b WHEN MATCHED THEN UPDATE SET a = 1", "COMMENT ON TABLE t IS 'x'",
        ])
    func ordinary(_ sql: String) throws {
        #expect(try warnings(sql).isEmpty)
    }
}
