import Testing

@testable import SQLClassifier

@Suite("Expressions for a condition")
struct ExpressionTests {
    @Test(
        "One expression is accepted",
        arguments: [
            "true", "a > 1 AND b IS NOT DISTINCT FROM c", "a IN (SELECT b FROM t)", "EXISTS (TABLE t)",
            "(a, b) = (1, 2)", "a = ';' -- x",
            "a = 'into' OR \"select\" > 1 /* , */", "ts > timestamp with time zone '2020-01-01'",
            "extract(year FROM a) = 2020",
            "a::date BETWEEN b AND c", "x[1] = ANY (ARRAY[1, 2])", "f(a => 1, b => 2)", "t.from = 1",
            "substring(a FROM 1 FOR 2) = 'x'",
            "CASE WHEN a THEN b ELSE c END", "(SELECT count(*) FROM t WHERE a GROUP BY b ORDER BY 1 LIMIT 1) > 1",
            "values = 1",
        ])
    func accepted(text: String) {
        #expect(SQLClassifier.checkExpression(text)?.description == nil)
    }

    @Test(
        "What is no single expression, or more than a read, is refused",
        arguments: [
            ("", .empty), ("-- x", .empty), ("true) OR (true", .unbalanced), ("true)", .unbalanced),
            ("(true", .unbalanced), ("[1", .unbalanced),
            ("true; DELETE FROM t", .unbalanced), ("a, b", .notUnderstood), ("SELECT 1", .notUnderstood),
            ("WITH x AS (SELECT 1) SELECT 1", .notUnderstood),
            ("VALUES (1)", .notUnderstood), ("TABLE t", .notUnderstood), ("true UNION SELECT 1", .notUnderstood),
            ("true ORDER BY 1", .notUnderstood),
            ("true GROUP BY a", .notUnderstood), ("true LIMIT 1", .notUnderstood), ("true FOR UPDATE", .notUnderstood),
            ("true INTO x", .notUnderstood),
            ("a AS b", .notUnderstood), ("1 FROM t", .notUnderstood), ("a /*", .unterminated),
            ("a = 'x", .unterminated), ("a = $$x", .unterminated),
            ("a = \"x", .unterminated), ("a IN (SELECT 1 INTO x)", .into), ("a IN (SELECT 1 FOR UPDATE)", .rowLock),
            ("EXISTS (WITH x AS (DELETE FROM t RETURNING 1) SELECT 1)", .writingCTE), ("a = '\0'", .nulByte),
            ("(a; b)", .unbalanced),
        ] as [(String, Reason.Code)])
    func refused(text: String, code: Reason.Code) {
        #expect(SQLClassifier.checkExpression(text)?.code == code)
    }
}
