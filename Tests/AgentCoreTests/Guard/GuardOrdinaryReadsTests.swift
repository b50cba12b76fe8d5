import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// Pages of ordinary reads. The reads themselves are in `Tests/AttackTests/Corpus/Reads`, and run over MCP.
@Suite("Ordinary reads")
struct GuardOrdinaryReadsTests {
    static let shop = Result {
        try ShopDatabase.make(extensions: [
            "pgcrypto", "uuid-ossp", "pg_trgm", "fuzzystrmatch", "hstore", "unaccent",
        ])
    }

    @Test(
        "A row is found again when the answer begins at an offset",
        arguments: [
            "SELECT i FROM generate_series(0, 20) AS i",
            "VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)",
            "(SELECT i FROM generate_series(0, 20) AS i)",
            "WITH x AS (SELECT i FROM generate_series(0, 20) AS i) TABLE x",
            "SELECT i FROM generate_series(0, 20) AS i; -- the end",
            "/* before */ SELECT i FROM generate_series(0, 20) AS i",
        ])
    func offset(_ sql: String) async throws {
        let shop = try Self.shop.get()
        let result = try await shop.database.query(QueryRequest(sql: sql, limit: 2, offset: 7))
        #expect(result.rows.map { $0[0] } == ["7", "8"])
        #expect(result.nextOffset == 9)
        #expect(result.truncated == .rows)
    }

    @Test(
        "SHOW and EXPLAIN, which no cursor takes, are paged too",
        arguments: ["SHOW ALL", "EXPLAIN SELECT * FROM orders"])
    func offsetWithoutCursor(_ sql: String) async throws {
        let shop = try Self.shop.get()
        let all = try await shop.database.query(QueryRequest(sql: sql))
        let rest = try await shop.database.query(QueryRequest(sql: sql, offset: 1))
        #expect(rest.rowCount == all.rowCount - 1)
    }
}
