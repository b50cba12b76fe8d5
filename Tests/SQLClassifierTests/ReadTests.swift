import Testing

@testable import SQLClassifier

@Suite("What is a read")
struct ReadTests {
    @Test(
        "Ordinary reads are reads",
        arguments: [
            "SELECT 1", "VALUES (1), (2)", "TABLE t", "TABLE ONLY t", "(SELECT 1)", "((SELECT 1)) ORDER BY 1", "SELECT",
            "SELECT 1;",
            ";; SELECT 1 ;;", "WITH x AS (SELECT 1) TABLE x", "WITH x AS (VALUES (1)) (SELECT 1 UNION TABLE x) LIMIT 1",
            "WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM x) SELECT * FROM x",
            "WITH recursive AS (SELECT 1) SELECT 1", "WITH RECURSIVE recursive AS (SELECT 1) SELECT 1",
            "WITH x AS MATERIALIZED (SELECT 1), y AS NOT MATERIALIZED (SELECT 2) SELECT 1",
            "WITH x(a) AS (SELECT 1) SEARCH DEPTH FIRST BY a, b SET c, y AS (SELECT 1) SELECT 1",
            "WITH x(a) AS (SELECT 1) SEARCH BREADTH FIRST BY a SET c CYCLE a, b SET c TO 'y' DEFAULT 'n' USING p SELECT 1",
            "WITH update AS (SELECT 1), set AS (TABLE t) SELECT * FROM update, set",
            "SHOW search_path", "SHOW ALL", "SHOW TIME ZONE", "SHOW TRANSACTION ISOLATION LEVEL",
            "SHOW SESSION AUTHORIZATION",
            "SHOW a.b", "SHOW \"search_path\"",
            "SELECT now() AT TIME ZONE 'UTC', date_bin('1 h', a, b), (a, b) OVERLAPS (c, d)",
            "SELECT generate_series(1, 3), a LIKE b || '%' ESCAPE '#', a SIMILAR TO b",
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FILTER (WHERE b) OVER (PARTITION BY c) FROM t",
            "SELECT * FROM jsonb_to_recordset('[]') AS x(update int, delete text)",
            "SELECT * FROM ROWS FROM (f(1) AS (update int), g(2)) WITH ORDINALITY",
            "SELECT xmlelement(name into, xmlattributes(a AS into)), xmlpi(name into)",
            "SELECT * FROM xmltable('/a' PASSING x COLUMNS i FOR ORDINALITY, b int PATH 'b')",
            "SELECT * FROM json_table('{}', '$' COLUMNS (i FOR ORDINALITY, a int PATH '$.a' DEFAULT 1 ON EMPTY))",
            "SELECT json_value(a, '$' RETURNING int), JSON_OBJECT('a': 1 ABSENT ON NULL WITH UNIQUE KEYS)",
            "SELECT * FROM t TABLESAMPLE bernoulli (10) REPEATABLE (1), LATERAL (SELECT 1) x",
            "SELECT 1 FETCH FIRST 1 ROWS WITH TIES", "SELECT 1 OFFSET 1 ROWS FETCH NEXT ROW ONLY",
            "SELECT 1 FOR READ ONLY",
            "SELECT a IS DISTINCT FROM b, extract(year FROM c), trim(both 'x' FROM d), substring(e FROM 1 FOR 2) FROM t",
            "SELECT substring(a FOR update), substring(a FOR share), overlay(a PLACING b FROM 1 FOR key)",
            "SELECT 1 AS into, 2 AS \"into\", t.into, (t).into, t.*, 3 AS for, 4 AS update, 5 AS select",
            "SELECT update, delete, share, lock, insert FROM key JOIN no USING (merge)",
            "SELECT delete FROM update AS lock WHERE share = 'INTO' AND insert > $$FOR UPDATE$$",
            "SELECT COLLATION FOR ('a')", "SELECT a COLLATE \"C\" FROM t WINDOW w AS (PARTITION BY a)",
            "SELECT CAST(a AS timestamp with time zone), b::double precision, interval '1' year, c[1:2].d",
            "SELECT 0x1F, 1_000, 1e5", "SELECT 1 -- INTO", "SELECT 1 /* ; DELETE FROM t */", "SELECT '; DELETE FROM t'",
            "SELECT ARRAY[1, (SELECT 2)], ARRAY(SELECT 1), EXISTS (TABLE t), a = ANY (VALUES (1))",
            "SELECT f(a => 1, b := 2), f(VARIADIC a), count(DISTINCT a ORDER BY b)",
            "SELECT 1 EXCEPT ALL SELECT 2 INTERSECT DISTINCT (SELECT 3)",
            "SELECT * FROM (a CROSS JOIN b) NATURAL JOIN ((c)) x", "SELECT \"select\".\"from\" FROM \"into\" \"for\"",
            "SELECT CASE WHEN a THEN b END end FROM t", "SELECT\u{0C}1\r--\rFROM\rt",
        ])
    func reads(sql: String) {
        let verdict = SQLClassifier.classify(sql)
        #expect(verdict.isReadOnly, "\(verdict.reason.map(\.description) ?? "")")
        #expect(verdict.effect == .read)
        #expect(verdict.statements.count == 1)
    }

    @Test(
        "EXPLAIN that runs nothing is a read, whatever it explains",
        arguments: [
            "EXPLAIN SELECT 1", "EXPLAIN VERBOSE DELETE FROM t", "EXPLAIN (COSTS off) INSERT INTO t VALUES (1)",
            "EXPLAIN (ANALYZE off) UPDATE t SET a = 1", "EXPLAIN (ANALYZE, ANALYZE false) DELETE FROM t",
            "EXPLAIN (ANALYZE 0) DELETE FROM t",
            "EXPLAIN (analyze 'OFF') MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
            "EXPLAIN CREATE TABLE a AS SELECT 1", "EXPLAIN EXECUTE p(1)", "EXPLAIN DECLARE c CURSOR FOR SELECT 1",
            "EXPLAIN REFRESH MATERIALIZED VIEW v", "EXPLAIN SELECT 1 INTO x", "EXPLAIN SELECT 1 FOR UPDATE",
            "EXPLAIN WITH x AS (DELETE FROM t RETURNING *) SELECT 1", "EXPLAIN (SELECT 1)", "EXPLAIN (VALUES (1))",
            "EXPLAIN ((TABLE t))", "EXPLAIN (FORMAT json, BUFFERS, SETTINGS on) SELECT 1", "EXPLAIN ANALYZE SELECT 1",
            "EXPLAIN ANALYSE VERBOSE TABLE t", "EXPLAIN (ANALYZE, TIMING off) WITH x AS (SELECT 1) SELECT 1",
            "EXPLAIN (ANALYZE 'on', BUFFERS) (SELECT 1)", "EXPLAIN (\"analyze\" false) DELETE FROM t",
        ])
    func explains(sql: String) {
        let verdict = SQLClassifier.classify(sql)
        #expect(verdict.isReadOnly, "\(verdict.reason.map(\.description) ?? "")")
        #expect(verdict.statements.first?.isExplain == true)
        #expect(verdict.statements.first?.commandTag == "EXPLAIN")
    }

    @Test(
        "EXPLAIN that runs what is no read, or may, is no read",
        arguments: [
            "EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN ANALYSE INSERT INTO t VALUES (1)",
            "EXPLAIN (ANALYZE) UPDATE t SET a = 1",
            "EXPLAIN (ANALYZE off, ANALYZE) DELETE FROM t", "EXPLAIN (COSTS, analyse TRUE) DELETE FROM t",
            "EXPLAIN (analyze 1) SELECT 1 INTO x", "EXPLAIN (ANALYZE 'ON') SELECT 1 FOR UPDATE",
            "EXPLAIN (U&\"\\0061nalyze\") DELETE FROM t", "EXPLAIN ANALYZE EXECUTE p",
            "EXPLAIN ANALYZE CREATE TABLE a AS SELECT 1",
            "EXPLAIN ANALYZE WITH x AS (DELETE FROM t RETURNING *) SELECT 1", "EXPLAIN (ANALYZE maybe) SELECT 1",
            "EXPLAIN (ANALYZE 2) SELECT 1", "EXPLAIN (ANALYZE -1) SELECT 1", "EXPLAIN (unheard_of) SELECT 1",
            "EXPLAIN VERBOSE ANALYZE DELETE FROM t", "EXPLAIN VACUUM", "EXPLAIN EXPLAIN SELECT 1", "EXPLAIN",
            "EXPLAIN (COSTS", "EXPLAIN (ANALYZE off) SELECT 1; DELETE FROM t", "EXPLAIN SHOW a",
        ])
    func runs(sql: String) {
        #expect(!SQLClassifier.classify(sql).isReadOnly)
    }

    @Test(
        "The reason names what was found and where",
        arguments: [
            ("DELETE FROM t", .writes, 1), ("SELECT 1 INTO x", .into, 10), ("SELECT 1\u{20}AS as INTO x", .into, 16),
            ("SELECT é INTO x", .into, 10), ("SELECT 1 FOR UPDATE", .rowLock, 10),
            ("SELECT 1 FOR NO KEY UPDATE", .rowLock, 10),
            ("SELECT 1 FOR KEY SHARE", .rowLock, 10), ("SELECT (SELECT 1 FOR SHARE)", .rowLock, 18),
            ("SELECT substring((SELECT a FOR UPDATE) FOR 1)", .rowLock, 28), ("SELECT 1into x", .into, 9),
            ("WITH x AS (DELETE FROM t RETURNING *) SELECT 1", .writingCTE, 12),
            ("WITH x AS (WITH y AS (SELECT 1) UPDATE t SET a = 1) SELECT 1", .writingCTE, 33),
            ("WITH x AS (SELECT 1) DELETE FROM t", .writes, 1),
            ("SELECT * FROM (WITH x AS (INSERT INTO t VALUES (1)) SELECT 1) y", .writingCTE, 27),
            ("SELECT 1; SELECT 2", .severalStatements, 11), ("", .empty, 1), (" -- x", .empty, 1), (";", .empty, 1),
            ("SELECT (1", .unbalanced, 10), ("SELECT 1)", .unbalanced, 9), ("SELECT (1]", .unbalanced, 10),
            ("DROP TABLE t", .notARead, 1), ("COPY t TO PROGRAM 'x'", .notARead, 1), ("frobnicate", .notUnderstood, 1),
            ("SELECT 1 UNION", .notUnderstood, 15), ("WITH x AS (SELECT 1)", .notUnderstood, 21),
            ("WITH x AS SELECT 1", .notUnderstood, 11),
            ("SELECT 'a", .unterminated, 8), ("SELECT U&'\\zzzz'", .invalidEscape, 11), ("1", .notUnderstood, 1),
            ("SHOW", .notUnderstood, 5), ("SHOW a b", .notUnderstood, 8), ("SELECT 1 FOR x", .notUnderstood, 10),
            ("SELECT 1 CREATE", .notUnderstood, 10), ("SELECT 1 AS (x) FOR\u{20}UPDATE", .rowLock, 17),
        ] as [(String, Reason.Code, Int)])
    func reasons(sql: String, code: Reason.Code, column: Int) {
        let verdict = SQLClassifier.classify(sql)
        #expect(!verdict.isReadOnly)
        #expect(verdict.reason?.code == code)
        #expect(verdict.reason?.location.column == column)
        #expect(verdict.reason?.message.hasSuffix(".") == true)
    }

    @Test("Lines end at LF, CR and CR LF")
    func lines() {
        let location = SQLClassifier.classify("SELECT\n1\r\n,\r2 INTO x").reason?.location
        #expect(location == SourceLocation(offset: 14, line: 4, column: 3))
    }
}
