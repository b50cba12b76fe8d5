import Testing

@testable import SQLClassifier

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Properties of nesting")
struct PropertyTests {
    /// Places where a whole query may stand.
    static let wrappings = [
        "(%)", "((%))", "SELECT (%)", "SELECT * FROM (%) x", "SELECT * FROM a, LATERAL (%) x", "SELECT EXISTS (%)",
        "SELECT ARRAY(%)",
        "SELECT 1 WHERE a IN (%)", "SELECT 1 WHERE a = ANY (%)", "WITH x AS (%) SELECT 1",
        "WITH x AS MATERIALIZED (%) TABLE x",
        "WITH RECURSIVE a AS (SELECT 1), x AS NOT MATERIALIZED (%) SELECT 1", "(%) UNION ALL (SELECT 2)",
        "SELECT 1 EXCEPT (%)",
        "SELECT CASE WHEN a = (%) THEN 1 END", "SELECT f(a => (%))", "SELECT a[(%)]", "VALUES (1, (%))",
        "SELECT 1 LIMIT (%)",
        "SELECT substring('a' FROM (%) FOR 1)", "SELECT extract(year FROM (%))", "SELECT 1 ORDER BY (%)",
        "SELECT xmlelement(name b, (%))",
        "SELECT count(*) FILTER (WHERE (%))", "SELECT sum(1) OVER (ORDER BY (%))", "SELECT a /* ( */ , (%) -- )\n",
        "SELECT ')', $$($$, (%)",
        "WITH a AS (SELECT 1) SEARCH DEPTH FIRST BY b SET c, d AS (%) SELECT 1", "SELECT \"(\", (%)\r",
        "EXPLAIN ANALYZE %", "EXPLAIN (ANALYZE) (%)",
    ]

    /// A query that does more than read, and one like it that only reads.
    static let twins = [
        ("SELECT 1 INTO x", "SELECT 1 AS into"), ("SELECT a FROM t FOR UPDATE", "SELECT a FROM t FOR READ ONLY"),
        ("SELECT a FROM t FOR NO KEY UPDATE OF t", "SELECT a FROM t AS no"), ("TABLE t FOR SHARE", "TABLE t"),
        ("SELECT 1\rFOR/**/KEY SHARE", "SELECT 'FOR KEY SHARE'"), ("SELECT 1 AS as INTO x", "SELECT 1 AS as"),
        ("WITH w AS (DELETE FROM t RETURNING a) SELECT 1", "WITH w AS (SELECT delete FROM t) SELECT 1"),
        ("WITH w AS (INSERT INTO t VALUES (1) RETURNING 1) TABLE w", "WITH insert AS (VALUES (1)) TABLE insert"),
        (
            "WITH a AS (SELECT 1), w AS (UPDATE t SET a = 1) SELECT 1",
            "WITH a AS (SELECT 1), update AS (SELECT set FROM t) SELECT 1"
        ),
        (
            "WITH w AS (MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE) SELECT 1",
            "WITH merge AS (SELECT 1) SELECT 1"
        ),
        (
            "WITH w AS (WITH v AS (SELECT 1) DELETE FROM t) SELECT 1",
            "WITH w AS (WITH v AS (SELECT 1) TABLE delete) SELECT 1"
        ),
        ("SELECT 1into x", "SELECT 1 x"),
        ("SELECT substring((SELECT a FOR UPDATE) FOR 1)", "SELECT substring((SELECT a) FOR update)"),
    ]

    @Test("At any depth a write is refused and its harmless twin is a read", arguments: 0..<200)
    func nesting(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        guard let (write, read) = Self.twins.randomElement(using: &generator) else { return }
        var wrapped = (write, read)
        let depth = Int.random(in: 0...12, using: &generator)
        for level in 0..<depth {
            // EXPLAIN stands only at the outside.
            let choices = level == depth - 1 ? Self.wrappings : Self.wrappings.filter { !$0.hasPrefix("EXPLAIN") }
            guard let wrapping = choices.randomElement(using: &generator) else { return }
            wrapped = (Self.fill(wrapping, wrapped.0), Self.fill(wrapping, wrapped.1))
        }
        #expect(!SQLClassifier.classify(wrapped.0).isReadOnly, "\(wrapped.0)")
        #expect(SQLClassifier.classify(wrapped.1).isReadOnly, "\(wrapped.1)")
    }

    private static func fill(_ wrapping: String, _ query: String) -> String {
        let parts = wrapping.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.joined(separator: query)
    }

    @Test("Any bytes at all give a verdict", arguments: 0..<500)
    func noise(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        let pieces = [
            "'", "\"", "$$", "$a$", "/*", "*/", "--", "\n", "(", ")", "[", "]", ";", "WITH", "AS", "SELECT", "INTO",
            "e'", "U&'", "\\", ".", "1_0",
            "EXPLAIN", "ANALYZE", "SHOW", "FOR", "UPDATE", ",", " ", "é", "\u{0}", "CREATE FUNCTION", "BEGIN ATOMIC",
            "END", "UESCAPE '!'", "::", "a",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            text += (pieces.randomElement(using: &generator) ?? "") + (Bool.random(using: &generator) ? " " : "")
        }
        let verdict = SQLClassifier.classify(text)
        #expect(verdict.isReadOnly == (verdict.reason == nil))
        #expect(!verdict.isReadOnly || verdict.statements.count == 1)
    }

    @Test(
        "The work grows with the text and not with its nesting",
        arguments: [
            ("SELECT ", "(", "1", ")"), ("SELECT ", "ARRAY[", "1", "]"), ("", "(", "SELECT 1", ")"),
            ("", "WITH x AS (", "SELECT 1", ") SELECT 1"),
            ("SELECT ", "f(", "1", ")"), ("SELECT ", "CASE WHEN ", "1", " THEN 1 END"), ("SELECT 1 ", "+", " 1", ""),
            ("SELECT ", "/*", "", "*/ "),
        ])
    func linear(prefix: String, open: String, core: String, close: String) {
        func text(_ depth: Int) -> String {
            prefix + String(repeating: open, count: depth) + core + String(repeating: close, count: depth)
        }
        func tokensRead(_ text: String) -> Int {
            var copy = text
            return copy.withUTF8 { bytes in
                guard let base = bytes.baseAddress else { return 0 }
                var reader = StatementReader(base, count: bytes.count)
                _ = reader.readAll()
                return reader.cursor.tokensRead
            }
        }
        let deep = text(100_000)
        #expect(SQLClassifier.classify(deep).isReadOnly)
        #expect(tokensRead(deep) <= 2 * tokensRead(text(50_000)) + 100)
    }

    @Test("A hundred thousand brackets that are not closed are refused")
    func unclosed() {
        #expect(SQLClassifier.classify("SELECT " + String(repeating: "(", count: 100_000)).reason?.code == .unbalanced)
        #expect(SQLClassifier.classify("SELECT 1" + String(repeating: ")", count: 100_000)).reason?.code == .unbalanced)
    }

    @Test("More statements than anybody needs are not all listed")
    func bounded() {
        let verdict = SQLClassifier.classify(String(repeating: "SELECT 1;", count: 20_000))
        #expect(verdict.reason?.code == .severalStatements)
        #expect(verdict.statements.count == StatementReader.maximumStatements)
    }
}
