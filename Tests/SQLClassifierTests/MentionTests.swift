import Testing

@testable import SQLClassifier

@Suite("Mentions")
struct MentionTests {
    @Test(
        "No call is missing, wherever it stands and however it is spelled",
        arguments: [
            "SELECT danger()", "SELECT 1 FROM danger()", "VALUES (danger())",
            "SELECT * FROM ROWS FROM (f(1), danger())",
            "SELECT * FROM LATERAL danger(1) x", "SELECT \"danger\"()", "SELECT U&\"d\\0061nger\"()",
            "SELECT s . danger /* */ ()",
            "SELECT DANGER ()", "SELECT ('x'::text).danger", "SELECT t.danger FROM t", "SELECT (t).danger",
            "SELECT (t).a.danger",
            "SELECT a[1].danger", "SELECT $1.danger", "SELECT s.t.danger FROM s.t", "SELECT TREAT(1 AS danger)",
            "SELECT TREAT(1 AS s.danger)",
            "SELECT DISTINCT ON (a) danger(b)", "SELECT a OPERATOR(pg_catalog.+) danger(b)",
            "TABLE t ORDER BY danger(1)",
            "WITH x AS (SELECT danger()) SELECT 1", "SELECT CASE WHEN danger() THEN 1 END", "SELECT 1 LIMIT danger()",
            "SELECT 1 WHERE a IN (danger())", "SELECT f(a => danger())", "SELECT * FROM a JOIN b ON danger()",
            "EXPLAIN SELECT danger()",
            "SELECT interval '1' + danger()", "SELECT - danger()", "SELECT NOT danger()",
            "SELECT a BETWEEN danger() AND 1",
            "SELECT count(*) FILTER (WHERE danger())", "SELECT count(*) OVER (PARTITION BY danger())",
            "SELECT ARRAY[danger()]",
            "SELECT * FROM t TABLESAMPLE danger(1)", "SELECT a COLLATE \"C\" || danger()",
            "SELECT substring(danger() FOR 1)",
            "SELECT XMLELEMENT(NAME a, danger())", "SELECT JSON_OBJECT('a': danger())", "INSERT INTO t SELECT danger()",
            "SELECT danger(1) '1'", "SELECT 1 UNION (SELECT danger())", "SELECT all danger()", "SELECT 1 a, danger()",
        ])
    func calls(sql: String) {
        let names = SQLClassifier.classify(sql).statements.first?.functions.map(\.name.name) ?? []
        #expect(names.contains("danger"))
    }

    @Test(
        "A keyword that is a function's name is a call, and one that begins a clause is not",
        arguments: [
            ("SELECT left(a, 1), replace(b, c, d)", ["left", "replace"]), ("SELECT filter(a)", ["filter"]),
            ("SELECT over(a)", ["over"]),
            ("SELECT DISTINCT ON (a) over(b)", ["over"]), ("SELECT f() OVER (), g() FILTER (WHERE a)", ["f", "g"]),
            ("SELECT join(a)", ["join"]),
            ("SELECT a LIKE (b), like(c, d)", ["like"]), ("SELECT json_value(a)", ["json_value"]),
            ("SELECT a IN (1), b = ANY (c)", []),
            ("SELECT trim(leading FROM a)", ["btrim", "ltrim"]), ("SELECT a AT TIME ZONE 'x'", ["timezone"]),
            ("SELECT a FROM t JOIN (SELECT 1) x USING (a)", []), ("SELECT 1 ORDER BY (a), (b)", []),
            ("SELECT coalesce(a), nullif(b, c)", []),
            ("SELECT COLLATION FOR (a)", ["pg_collation_for"]), ("SELECT * FROM f(1) AS x(a)", ["f"]),
            ("WITH x(a) AS (SELECT 1) SELECT 1", []),
            ("SELECT a::numeric(1), CAST(b AS varchar(2))", []),
        ])
    func keywords(sql: String, expected: [String]) {
        let names = SQLClassifier.classify(sql).statements.first?.functions.map(\.name.name) ?? []
        #expect(names == expected)
    }

    @Test(
        "No relation is missing",
        arguments: [
            "SELECT * FROM secret", "TABLE secret", "SELECT * FROM a, secret", "SELECT * FROM a JOIN secret ON true",
            "SELECT * FROM ONLY (secret)",
            "SELECT * FROM (a CROSS JOIN secret)", "SELECT (SELECT 1 FROM secret)", "WITH x AS (TABLE secret) SELECT 1",
            "SELECT 1 FROM s.secret",
            "SELECT 1 UNION TABLE secret", "SELECT * FROM a NATURAL JOIN \"secret\" x",
            "SELECT * FROM a JOIN LATERAL f() ON true, secret",
            "SELECT 'x'::is DISTINCT FROM secret", "SELECT * FROM t key join (secret x CROSS JOIN b) ON true",
            "SELECT * FROM exists AS o, secret",
            "SELECT * FROM a JOIN b USING (c), secret",
            "EXPLAIN MERGE INTO a USING (SELECT 1) x FULL JOIN secret ON true ON true WHEN MATCHED THEN DELETE",
            "INSERT INTO secret (a) VALUES (1)", "UPDATE secret SET a = 1", "DELETE FROM a USING secret",
            "MERGE INTO a USING secret ON true",
            "TRUNCATE TABLE secret", "SELECT extract(year FROM a) FROM secret", "SELECT 1 FROM rows, secret",
            "SELECT 1 FROM ROWS FROM (f()), secret",
            "DROP TABLE IF EXISTS secret",
        ])
    func relations(sql: String) {
        let names = SQLClassifier.classify(sql).statements.first?.relations.map(\.name.name) ?? []
        #expect(names.contains("secret"))
    }

    @Test(
        "Types and settings are listed",
        arguments: [
            ("SELECT a::s.odd", ["odd"]), ("SELECT CAST(a AS odd)", ["odd"]), ("SELECT odd 'x'", ["odd"]),
            ("SELECT * FROM f() AS x(a odd)", ["odd"]),
            ("SELECT * FROM f() AS (a odd, b \"Odd\"[])", ["odd", "Odd"]),
            ("SELECT json_value(a, '$' RETURNING odd)", ["odd"]), ("SELECT odd(1) 'x'", ["odd"]),
            ("SELECT * FROM json_table(a, '$' COLUMNS (b odd PATH '$'))", ["odd"]), ("SELECT a::int4", ["int4"]),
        ])
    func types(sql: String, expected: [String]) {
        let names = SQLClassifier.classify(sql).statements.first?.types.map(\.name.name) ?? []
        for name in expected { #expect(names.contains(name)) }
    }

    @Test(
        "A type may have the name of a keyword",
        arguments: [
            "data", "zone", "escape", "value", "action", "owner", "document", "filter", "over", "range", "rows",
            "groups",
            "left", "binary", "verbose", "columns", "at", "by", "local", "inherit", "overlaps",
        ],
        [
            "SELECT * FROM json_to_record('{}') AS x(a %@)", "SELECT * FROM f() AS x(b int, a %@, c int)",
            "SELECT CAST(a AS %@)", "SELECT json_array(1 RETURNING %@)", "SELECT json_array(SELECT 1 RETURNING %@)",
            "SELECT json_object('a': 1 RETURNING %@)", "SELECT %@ 'x'",
        ])
    func keywords(name: String, pattern: String) {
        let sql = pattern.replacing("%@", with: name)
        #expect(SQLClassifier.classify(sql).statements.first?.types.map(\.name.name).contains(name) == true, "\(sql)")
    }

    @Test(
        "A clause before a string is no type",
        arguments: ["SELECT a AT TIME ZONE 'x'", "SELECT a LIKE b ESCAPE 'x'", "SELECT a NOT LIKE f(b) ESCAPE 'x'"])
    func clauses(sql: String) {
        #expect(SQLClassifier.classify(sql).statements.first?.types.isEmpty == true)
    }

    @Test(
        "SHOW names its setting",
        arguments: [
            ("SHOW Primary_Conninfo", ["primary_conninfo"]), ("SHOW time zone", ["timezone"]),
            ("SHOW a.b", ["a", "b"]), ("SHOW all", ["all"]),
            ("SHOW TRANSACTION ISOLATION LEVEL", ["transaction_isolation"]), ("SHOW U&\"\\0061\"", ["a"]),
        ])
    func settings(sql: String, expected: [String]) {
        #expect(SQLClassifier.classify(sql).statements.first?.settings.map(\.name.parts) == [expected])
    }

    @Test(
        "A qualified name behind a word that may be a name is a type and a call by attribute notation",
        arguments: [
            "SELECT (1 BETWEEN s.odd AND 2)", "SELECT coalesce(1 BETWEEN s.odd AND 2)", "SELECT (a AT TIME ZONE s.odd)",
            "SELECT xmlparse(CONTENT s.odd)", "SELECT xmlroot(a, VERSION s.odd)", "SELECT (a LIKE b ESCAPE s.odd)",
            "SELECT json_object('a' VALUE s.odd)", "SELECT * FROM f() AS x(a s.odd)",
        ])
    func attributeOrType(sql: String) {
        let statement = SQLClassifier.classify(sql).statements.first
        #expect(statement?.functions.contains { $0.kind == .attribute && $0.name.name == "odd" } == true)
        #expect(statement?.types.contains { $0.name.parts == ["s", "odd"] } == true)
    }

    @Test("Every call of current_setting is listed, since its argument says what it shows")
    func settingReaders() {
        let sql = "SELECT " + (0..<300).map { "a.b\($0), current_setting('x\($0)')" }.joined(separator: ", ")
        let calls = SQLClassifier.classify(sql).statements.first?.functions.filter { $0.kind == .call }
        #expect(calls?.count == 300)
    }

    @Test("Names that repeat are listed a bounded number of times")
    func bounded() {
        let sql = "SELECT " + Array(repeating: "f(t.a)", count: 10_000).joined(separator: ",")
        #expect((SQLClassifier.classify(sql).statements.first?.functions.count ?? 0) < 300)
    }
}
