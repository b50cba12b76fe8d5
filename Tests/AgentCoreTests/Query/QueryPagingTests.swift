import Foundation
import Logging
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

@Suite("Paging over a large table", .serialized)
struct QueryPagingTests {
    /// Resident memory now, in bytes.
    private func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    #if os(Linux)
    @Test("A million rows come in pages, none larger than the limits, in bounded memory")
    func million() async throws {
        let shop = try ShopDatabase.make {
            $0.limits.rows = 50_000
            $0.limits.bytes = 4 << 20
        }
        try shop.psql(
            "CREATE TABLE million AS SELECT i AS id, md5(i::text) AS hash FROM generate_series(1, 1000000) AS i")
        // The pool, the catalog and the allocator have taken what they take.
        for _ in 0..<2 { _ = try await shop.database.query(QueryRequest(sql: "SELECT * FROM million")) }
        let before = try residentBytes()
        var offset = 0
        var rows = 0
        var sum = 0
        var most = 0
        while true {
            let page = try await shop.database.query(
                QueryRequest(sql: "SELECT * FROM million ORDER BY id", offset: offset))
            #expect(page.rows.byteCount <= 4 << 20)
            rows += page.rowCount
            for row in page.rows { sum += row[0].flatMap { Int($0) } ?? 0 }
            most = max(most, try residentBytes())
            guard let next = page.nextOffset else { break }
            #expect(next == rows)
            offset = next
        }
        #expect(rows == 1_000_000)
        #expect(sum == 500_000_500_000)
        #expect(most - before < (4 << 20) + (20 << 20))
    }
    #endif
}
