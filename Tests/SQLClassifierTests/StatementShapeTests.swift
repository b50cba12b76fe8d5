import SQLClassifier
import Testing

@Suite("What a person is told of a statement")
struct StatementShapeTests {
    private func shape(_ sql: String) throws -> StatementShape {
        let statement = try #require(SQLClassifier.classify(sql).statements.first)
        return StatementShape(of: sql, in: statement.range)
    }

    @Test(
        "A change of rows without a condition of its own is found at any depth",
        arguments: [
            ("DELETE FROM t", ["DELETE all"]),
            ("DELETE FROM t WHERE a = 1", ["DELETE some"]),
            ("delete from only t", ["DELETE all"]),
            ("UPDATE t SET a = 1", ["UPDATE all"]),
            ("UPDATE ONLY t SET a = 1 WHERE b", ["UPDATE some"]),
            ("UPDATE t SET a = (SELECT b FROM u WHERE u.id = 1)", ["UPDATE all"]),
            ("UPDATE t SET a = 1 FROM u WHERE u.id = t.id", ["UPDATE some"]),
            ("DELETE FROM t USING u WHERE true", ["DELETE some"]),
            ("DELETE FROM t WHERE CURRENT OF c", ["DELETE some"]),
            ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d WHERE a = 1", ["DELETE all"]),
            ("WITH d AS MATERIALIZED (DELETE FROM t WHERE a) UPDATE u SET a = 1", ["DELETE some", "UPDATE all"]),
            (
                "WITH RECURSIVE r AS (SELECT 1 UNION SELECT 2) SEARCH DEPTH FIRST BY a SET o DELETE FROM t",
                ["DELETE all"]
            ),
            ("WITH RECURSIVE r AS (SELECT 1) SEARCH DEPTH FIRST BY a SET o UPDATE t SET a = 1", ["UPDATE all"]),
            ("EXPLAIN ANALYZE DELETE FROM t", ["DELETE all"]),
            ("EXPLAIN (ANALYZE, VERBOSE) UPDATE t SET a = 1", ["UPDATE all"]),
            ("COPY (DELETE FROM t RETURNING *) TO '/tmp/x'", ["DELETE all"]),
            ("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", ["INSERT all"]),
            ("MERGE INTO t USING u ON a = b WHEN MATCHED THEN DELETE", ["MERGE all"]),
            ("MERGE INTO t USING u ON a = b WHEN MATCHED THEN UPDATE SET a = 1", ["MERGE all"]),
            ("SELECT a AS \"where\" FROM t FOR UPDATE OF t", []),
            ("SELECT a update FROM t", []),
            ("SELECT t.delete, (delete), update FROM t", []),
            ("UPDATE t SET a = 1 RETURNING a AS where", ["UPDATE all"]),
            ("UPDATE t SET a = 1 RETURNING t.where", ["UPDATE all"]),
            ("UPDATE t SET a = 'WHERE' -- WHERE\n /* WHERE */", ["UPDATE all"]),
            ("GRANT SELECT, INSERT, UPDATE, DELETE ON t TO u", []),
            ("CREATE TRIGGER x BEFORE UPDATE OF a OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()", []),
            ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON DELETE CASCADE ON UPDATE CASCADE", []),
            ("CREATE RULE r AS ON DELETE TO t DO INSTEAD DELETE FROM u", ["DELETE all"]),
        ])
    func rowChanges(_ sql: String, expected: [String]) throws {
        let found = try shape(sql).rowChanges.map { "\($0.command) \($0.hasWhere ? "some" : "all")" }
        #expect(found == expected)
    }

    @Test(
        "A condition that holds nothing back is told from one that does",
        arguments: [
            ("DELETE FROM t WHERE true", true), ("DELETE FROM t WHERE 1 = 1", true),
            ("DELETE FROM t WHERE NOT false", true), ("DELETE FROM t WHERE 'a' = 'a' RETURNING a", true),
            ("UPDATE t SET a = 1 WHERE now() > '2020-01-01'::date", true),
            ("UPDATE t SET a = 1 WHERE (true)", true), ("DELETE FROM t WHERE 1 BETWEEN 0 AND 2", true),
            ("DELETE FROM t WHERE EXISTS (SELECT 1)", true), ("DELETE FROM t WHERE a = 5 OR 1 = 1", true),
            ("DELETE FROM t WHERE true OR a = 5", true), ("DELETE FROM t WHERE a = 5 AND (b OR true)", true),
            ("DELETE FROM t WHERE id = id", true), ("DELETE FROM t AS x WHERE x.id >= X.ID", true),
            ("DELETE FROM t WHERE (\"a\" = a) AND 2 > 1", true), ("DELETE FROM t WHERE $1", true),
            ("WITH d AS (DELETE FROM t WHERE true RETURNING a) SELECT a FROM d", true),
            ("DELETE FROM t WHERE a", false), ("DELETE FROM t WHERE a = 5 RETURNING true", false),
            ("DELETE FROM t WHERE id = 1 OR id = 2", false), ("DELETE FROM t WHERE lower(a) = 'x'", false),
            ("DELETE FROM t WHERE a IN (SELECT 1 WHERE true OR false)", false),
            ("DELETE FROM t WHERE CURRENT OF c", false), ("DELETE FROM t WHERE t.id = u.id", false),
            ("DELETE FROM t WHERE id = id + 1", false), ("DELETE FROM t WHERE id = id(1)", false),
            ("DELETE FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)", false),
            ("UPDATE t SET a = 1 WHERE time > now(); SELECT 1", false), ("UPDATE t SET a = 1", false),
            ("WITH d AS (DELETE FROM t WHERE a RETURNING a) SELECT a FROM d WHERE true", false),
        ])
    func idleConditions(_ sql: String, isIdle: Bool) throws {
        #expect(try #require(shape(sql).rowChanges.first).hasIdleWhere == isIdle)
    }

    @Test("Words outside brackets and options are told apart")
    func words() throws {
        #expect(try shape("VACUUM (FULL, ANALYZE) t").optionWords == ["FULL", "ANALYZE"])
        #expect(try shape("vacuum full t").words == ["VACUUM", "FULL", ""])
        #expect(
            try shape("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)").words.prefix(4) == [
                "CREATE", "UNIQUE", "INDEX", "CONCURRENTLY",
            ])
        #expect(try shape("ALTER TABLE t ADD COLUMN a int, DROP COLUMN b").keywords.contains("DROP"))
        #expect(try !shape("ALTER TABLE t ADD COLUMN \"drop\" int").keywords.contains("DROP"))
        #expect(try shape("COPY t FROM PROGRAM 'rm -rf /'").keywords.contains("PROGRAM"))
        #expect(try shape("DELETE FROM t; -- x").words == ["DELETE", "FROM", ""])
        #expect(try shape("DELETE FROM t\u{0430}ble").hasNonASCIIName)
        #expect(try !shape("DELETE FROM t WHERE a = 'ä'").hasNonASCIIName)
    }

    @Test("A place is counted from the start of the text")
    func places() throws {
        let sql = "SELECT 1; DELETE FROM t"
        let statement = try #require(SQLClassifier.classify(sql).statements.last)
        #expect(StatementShape(of: sql, in: statement.range).rowChanges.map(\.offset) == [10])
    }

    @Test("A range that is not in the text has no shape")
    func nonsense() {
        #expect(StatementShape(of: "SELECT", in: 0..<100).words.isEmpty)
        #expect(StatementShape(of: "", in: 0..<0).words.isEmpty)
    }
}
