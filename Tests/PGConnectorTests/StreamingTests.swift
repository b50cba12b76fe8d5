import PGConnector
import TestSupport
import Testing

/// The resident memory of this process, in bytes.
private func residentBytes() throws -> Int {
    let text = try PostgresFixture.run(["cat", "/proc/\(PostgresFixture.processID)/statm"])
    return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
}

@Suite("Large results", .serialized, .timeLimit(.minutes(3)))
struct StreamingTests {
    @Test("A million rows stream in bounded memory")
    func millionRows() async throws {
        try await withClient { client in
            let before = try residentBytes()
            var highest = before
            var count = 0
            let rows = try await client.query("SELECT i, repeat('x', 100) FROM generate_series(1, 1000000) i")
            var iterator = rows.makeAsyncIterator()
            while let batch = try await iterator.nextBatch() {
                count += batch.count
                if count % 100 == 0 { highest = max(highest, try residentBytes()) }
            }
            #expect(count == 1_000_000)
            #expect(highest - before < 96 << 20)
        }
    }

    @Test("A slow reader stops the server, and the rest arrives when it goes on")
    func backPressure() async throws {
        try await withClient { client in
            let rows = try await client.query(
                "SELECT i, repeat('x', 1000) /* mark-slow */ FROM generate_series(1, 100000) i")
            var iterator = rows.makeAsyncIterator()
            _ = try await iterator.next()
            let server = try PostgresFixture.shared()
            // The server waits for its client to read.
            try await expectEventually {
                try server.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%mark-slow%' "
                        + "AND wait_event = 'ClientWrite'") == "1"
            }
            var count = 1
            while try await iterator.next() != nil { count += 1 }
            #expect(count == 100_000)
        }
    }

    @Test("A cell of 200 MB meets the limit while it arrives, and the memory comes back", arguments: [false, true])
    func hugeCell(isTCP: Bool) async throws {
        let server = try PostgresFixture.shared()
        var configuration = server.configuration()
        if isTCP { configuration.parameters = server.tcpParameters() }
        configuration.maximumRowBytes = 16 << 20
        let client = PGClient(configuration: configuration)
        try await client.execute("SELECT 1")
        let before = try residentBytes()
        let error = await #expect(throws: PGError.self) {
            try await client.execute("SELECT repeat('x', 200000000)")
        }
        #expect(error?.code == .rowTooLarge)
        #expect(error?.description.contains("16777216") == true)
        #expect(try residentBytes() - before < 96 << 20)
        let result = try await client.execute("SELECT 2")
        #expect(result.rows[0].string(0) == "2")
        await client.shutdown()
    }

    @Test("A row below the limit passes, and its connection is retired", arguments: [false, true])
    func largeRow(isTCP: Bool) async throws {
        let server = try PostgresFixture.shared()
        var configuration = server.configuration()
        if isTCP { configuration.parameters = server.tcpParameters() }
        configuration.maximumRowBytes = 16 << 20
        let client = PGClient(configuration: configuration)
        for _ in 0..<3 {
            let pid = try await client.withConnection { connection in
                let result = try await connection.execute("SELECT repeat('x', 10 << 20), pg_backend_pid()")
                #expect(result.rows[0].byteCount > 10 << 20)
                return try result.rows[0].decode(Int.self, 1)
            }
            let next = try await client.execute("SELECT pg_backend_pid()").rows[0].decode(Int.self, 0)
            #expect(next != pid)
        }
        await client.shutdown()
    }
}
