import Foundation
import Logging
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

@Suite("Running a read")
struct QueryRunTests {
    static let shop = Result { try ShopDatabase.make() }

    @Test(
        "A small read is a single round trip once the database is known",
        arguments: [
            "SELECT 1", "SELECT lower(name), count(*) FROM customers GROUP BY 1",
            "SELECT o.id, o.total FROM orders o LIMIT 3",
            "SHOW server_version", "SELECT no_such_column FROM customers", "SELECT 'happy'::mood",
        ])
    func oneRoundTrip(_ sql: String) async throws {
        let shop = try Self.shop.get()
        let counter = try RoundTripCounter(target: shop.fixture.port)
        let database = shop.reconfigured {
            $0.host = "127.0.0.1"
            $0.port = counter.port
            $0.sslmode = .disable
        }
        for _ in 0..<2 { _ = await Ending { try await database.query(QueryRequest(sql: sql)) } }
        _ = counter.take()
        let connections = counter.connections
        // A round trip that is needed is needed each time; a busy machine can only add one between two packets.
        var fewest = Int.max
        for _ in 0..<5 {
            _ = await Ending { try await database.query(QueryRequest(sql: sql)) }
            fewest = min(fewest, counter.take())
        }
        #expect(fewest == 1)
        #expect(counter.connections == connections)
        await database.shutdown()
    }

    @Test("A page by offset is a single round trip too")
    func pageInOneRoundTrip() async throws {
        let shop = try Self.shop.get()
        let counter = try RoundTripCounter(target: shop.fixture.port)
        let database = shop.reconfigured {
            $0.host = "127.0.0.1"
            $0.port = counter.port
            $0.sslmode = .disable
        }
        let request = QueryRequest(sql: "SELECT id FROM orders ORDER BY id", limit: 10, offset: 20)
        _ = try await database.query(request)
        _ = counter.take()
        var fewest = Int.max
        for _ in 0..<5 {
            let page = try await database.query(request)
            fewest = min(fewest, counter.take())
            #expect(page.rows.first?[0] == "21")
        }
        #expect(fewest == 1)
        await database.shutdown()
    }

    @Test("Rows stop at the limit, and the next page is told")
    func rowLimit() async throws {
        let shop = try Self.shop.get()
        let result = try await shop.database.query(QueryRequest(sql: "SELECT id FROM orders ORDER BY id", limit: 10))
        #expect(result.rowCount == 10)
        #expect(result.truncated == .rows)
        #expect(result.nextOffset == 10)
        let exact = try await shop.database.query(QueryRequest(sql: "SELECT id FROM orders LIMIT 10", limit: 10))
        #expect(exact.truncated == nil)
        #expect(exact.nextOffset == nil)
        let most = shop.reconfigured { $0.limits.rows = 7 }
        #expect(try await most.query(QueryRequest(sql: "TABLE orders", limit: 1_000_000)).rowCount == 7)
    }

    @Test("An endless answer stops at the limit, and the connection is used again")
    func endless() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.pool.max = 1 }
        for _ in 0..<3 {
            let result = try await database.query(
                QueryRequest(sql: "SELECT generate_series(1, 1000000000)", limit: 5))
            #expect(result.rows.map { $0[0] } == ["1", "2", "3", "4", "5"])
        }
        #expect(
            try shop.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%1000000000%' "
                    + "AND pid <> pg_backend_pid()") == "0")
    }

    @Test("An answer stops at the limit of bytes between two rows")
    func byteLimit() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.limits.bytes = 10_000 }
        let result = try await database.query(
            QueryRequest(sql: "SELECT repeat('x', 1000) FROM generate_series(1, 100)"))
        #expect(result.truncated == .bytes)
        // Nine rows of 1,001 bytes with their separators.
        #expect(result.rowCount == 9)
        #expect(result.nextOffset == 9)
        #expect(result.copyText().utf8.count <= 10_000)
    }

    @Test("A row larger than the limit of bytes is cut and kept, so that paging goes on")
    func hugeFirstRow() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured {
            $0.limits.bytes = 5_000
            $0.limits.cellBytes = 4_000
        }
        let result = try await database.query(
            QueryRequest(sql: "SELECT repeat('a', 9000), repeat('b', 9000), 1 FROM generate_series(1, 3)"))
        #expect(result.rowCount == 1)
        #expect(result.cellsCut >= 2)
        #expect(result.nextOffset == 1)
    }

    @Test("A long value is cut at a character, and says so")
    func cell() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.limits.cellBytes = 10 }
        let result = try await database.query(QueryRequest(sql: "SELECT repeat('é', 50) AS a, 'short' AS b, NULL AS c"))
        #expect(result.rows[0][0] == "ééééé… [cut: 10 of 100 bytes]")
        #expect(result.rows[0][1] == "short")
        #expect(result.rows[0][2] == nil)
        #expect(result.cellsCut == 1)
        let odd = shop.reconfigured { $0.limits.cellBytes = 11 }
        let cut = try await odd.query(QueryRequest(sql: "SELECT repeat('é', 50)"))
        #expect(cut.rows[0][0] == "ééééé… [cut: 10 of 100 bytes]")
    }

    @Test("A row larger than limits.row_bytes is a clear error, and the next query runs")
    func rowTooLarge() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.limits.rowBytes = 1 << 20 }
        let ending = await Ending {
            try await database.query(QueryRequest(sql: "SELECT repeat('x', 200000000)"))
        }
        #expect(ending == .failed("row_too_large"))
        #expect(try await database.query(QueryRequest(sql: "SELECT 1")).rowCount == 1)
    }

    @Test(
        "What does not end by itself ends at statement_timeout",
        arguments: [
            "SELECT pg_sleep(3600)",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        ])
    func timeout(_ sql: String) async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.limits.statementTimeout = .milliseconds(300) }
        let ending = await Ending { try await database.query(QueryRequest(sql: sql)) }
        #expect(ending == .failed("timeout"))
        #expect(try await database.query(QueryRequest(sql: "SELECT 1")).rowCount == 1)
    }

    @Test("A cancelled task cancels on the server")
    func cancel() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.pool.max = 1 }
        let task = Task {
            await Ending { try await database.query(QueryRequest(sql: "SELECT pg_sleep(600), 'mark-cancel'")) }
        }
        try await wait(for: "mark-cancel", on: shop.fixture)
        task.cancel()
        #expect(await task.value == .failed("cancelled"))
        try await wait(for: "mark-cancel", isRunning: false, on: shop.fixture)
        #expect(try await database.query(QueryRequest(sql: "SELECT 1")).rowCount == 1)
    }

    @Test("A cut answer is given also where the server hears of no cancellation")
    func cancelUnheard() async throws {
        let shop = try Self.shop.get()
        let proxy = try PostgresTCPProxy(target: shop.fixture.port)
        defer { proxy.stop() }
        let database = shop.reconfigured {
            $0.host = "127.0.0.1"
            $0.port = proxy.port
            $0.sslmode = .disable
            $0.pool.max = 1
            $0.limits.rows = 10
        }
        try await database.open(connections: 1)
        proxy.swallowCancels()
        let result = try await database.query(QueryRequest(sql: "SELECT generate_series(1, 2000000000)"))
        #expect(result.rowCount == 10 && result.truncated == .rows)
        await database.shutdown()
    }

    @Test("A full pool says so after acquire_timeout")
    func poolFull() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured {
            $0.pool.max = 1
            $0.pool.acquireTimeout = .seconds(2)
        }
        // The connection is open before the clock of the one who waits runs.
        try await database.open(connections: 1)
        let long = Task {
            await Ending { try await database.query(QueryRequest(sql: "SELECT pg_sleep(600), 'mark-pool'")) }
        }
        try await wait(for: "mark-pool", on: shop.fixture)
        let ending = await Ending { try await database.query(QueryRequest(sql: "SELECT 1")) }
        #expect(ending == .failed("pool_full"))
        long.cancel()
        _ = await long.value
    }

    @Test("Progress is told while a query runs")
    func progress() async throws {
        let shop = try Self.shop.get()
        let (stream, continuation) = AsyncStream.makeStream(of: QueryProgress.self)
        let task = Task {
            try await shop.database.query(
                QueryRequest(sql: "SELECT pg_sleep(600)", onProgress: { continuation.yield($0) }))
        }
        var iterator = stream.makeAsyncIterator()
        let first = await iterator.next()
        #expect(first?.rows == 0)
        task.cancel()
        _ = await task.result
    }

    @Test("The server's error comes with SQLSTATE, hint and a caret at the place", arguments: [0, 3])
    func serverError(offset: Int) async throws {
        let shop = try Self.shop.get()
        let failure = await #expect(throws: QueryFailure.self) {
            try await shop.database.query(
                QueryRequest(sql: "SELECT 'é',\n       nam\nFROM customers", offset: offset))
        }
        #expect(failure?.sqlState == "42703")
        let text = failure?.description ?? ""
        #expect(text.hasPrefix("ERROR: column \"nam\" does not exist (SQLSTATE 42703)"))
        #expect(text.contains("LINE 2:        nam\n               ^"))
        #expect(text.contains("HINT: Perhaps you meant to reference the column"))
    }

    @Test("What the statement sets is undone, and the session stays read-only")
    func clean() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.pool.max = 1 }
        let pid = try await database.query(QueryRequest(sql: "SELECT pg_backend_pid()")).rows[0][0]
        let settings = try await database.query(
            QueryRequest(
                sql: """
                    SELECT current_setting('transaction_read_only'), current_setting('default_transaction_read_only'), \
                    current_setting('statement_timeout'), current_setting('lock_timeout'), pg_backend_pid()
                    """))
        #expect(Array(settings.rows[0]) == ["on", "on", "30s", "1ms", pid])
    }

    @Test("Behind a pooler in transaction mode nothing is set for the session")
    func pooler() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.pooler = .transaction }
        let result = try await database.query(
            QueryRequest(
                sql: "SELECT current_setting('transaction_read_only'), current_setting('default_transaction_read_only')"
            ))
        #expect(Array(result.rows[0]) == ["on", "off"])
    }

    @Test("run_as_role is the role that statements run as")
    func role() async throws {
        let shop = try Self.shop.get()
        try shop.psql("DROP ROLE IF EXISTS reader_role; CREATE ROLE reader_role; GRANT pg_read_all_data TO reader_role")
        let database = shop.reconfigured { $0.runAsRole = "reader_role" }
        #expect(try await database.query(QueryRequest(sql: "SELECT current_user")).rows[0][0] == "reader_role")
        #expect(try await database.systemInfo().user == "reader_role")
    }

    @Test("A limit below one and an offset below zero are refused")
    func arguments() async throws {
        let shop = try Self.shop.get()
        let limit = await Ending { try await shop.database.query(QueryRequest(sql: "SELECT 1", limit: 0)) }
        #expect(limit == .failed("invalid_argument"))
        let offset = await Ending { try await shop.database.query(QueryRequest(sql: "SELECT 1", offset: -1)) }
        #expect(offset == .failed("invalid_argument"))
    }
}
