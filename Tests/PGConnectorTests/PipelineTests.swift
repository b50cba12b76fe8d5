import PGConnector
import TestSupport
import Testing

@Suite("Pipelines", .timeLimit(.minutes(2)))
struct PipelineTests {
    /// The events as short texts.
    private func run(_ connection: PGConnection, _ steps: [PGPipelineStep]) async throws -> [String] {
        var texts: [String] = []
        for try await event in try await connection.pipeline(steps) {
            switch event {
            case .columns(let step, let columns): texts.append("\(step) columns \(columns.count)")
            case .rows(let step, let batch): texts.append("\(step) rows \(batch.map { $0.string(0) ?? "NULL" })")
            case .complete(let step, let tag): texts.append("\(step) \(tag)")
            case .failed(let step, let error): texts.append("\(step) failed \(error.sqlState)")
            case .aborted(let step): texts.append("\(step) aborted")
            case .synced(let step): texts.append("\(step) synced")
            }
        }
        return texts
    }

    @Test("Every step reports, in order")
    func order() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                let events = try await run(
                    connection,
                    [
                        .statement("BEGIN READ ONLY"), .statement("SELECT $1::text", ["x"]), .statement("SELECT 2"),
                        .sync,
                        .statement("ROLLBACK"), .sync,
                    ])
                #expect(
                    events == [
                        "0 BEGIN", "1 columns 1", "1 rows [\"x\"]", "1 SELECT 1", "2 columns 1", "2 rows [\"2\"]",
                        "2 SELECT 1", "3 synced", "4 ROLLBACK", "5 synced",
                    ])
                #expect(connection.transactionStatus == .idle)
            }
        }
    }

    @Test("A prepared statement is read at once and run later, by its name as long as the connection lives")
    func prepared() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                let events = try await run(
                    connection,
                    [
                        .prepare("SELECT 'a' || $1", name: "named"), .prepare("SELECT 'b' || $1"),
                        .execute(name: "named", ["x"]), .execute(["y"]), .sync,
                    ])
                #expect(
                    events.filter { !$0.contains("columns") } == [
                        "0 ", "1 ", "2 rows [\"ax\"]", "2 SELECT 1", "3 rows [\"by\"]", "3 SELECT 1", "4 synced",
                    ])
                #expect(connection.isPrepared("named") && !connection.isPrepared(""))
                let again = try await run(connection, [.execute(name: "named", ["z"])])
                #expect(again.contains("0 rows [\"az\"]"))
                let faulty = try await run(
                    connection, [.prepare("SELECT nothing", name: "faulty"), .execute(name: "faulty")])
                #expect(faulty == ["0 failed 42703", "1 aborted", "2 synced"])
                #expect(!connection.isPrepared("faulty"))
            }
        }
    }

    @Test("An error skips to the next sync, after which ROLLBACK runs")
    func abort() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                let events = try await run(
                    connection,
                    [
                        .statement("BEGIN READ ONLY"), .statement("SELECT 1/0"), .statement("SELECT 3"), .sync,
                        .statement("ROLLBACK"), .sync,
                    ])
                #expect(
                    events == [
                        "0 BEGIN", "1 columns 1", "1 failed 22012", "2 aborted", "3 synced", "4 ROLLBACK", "5 synced",
                    ] || events == ["0 BEGIN", "1 failed 22012", "2 aborted", "3 synced", "4 ROLLBACK", "5 synced"])
                #expect(try await connection.execute("SELECT 4").rows[0].string(0) == "4")
            }
        }
    }

    @Test("A sync is added where none ends the pipeline, and an empty pipeline is one sync")
    func implicitSync() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                expect(
                    try await run(connection, [.statement("SELECT 1")]),
                    ["0 columns 1", "0 rows [\"1\"]", "0 SELECT 1", "1 synced"])
                expect(try await run(connection, []), ["0 synced"])
                expect(try await run(connection, [.sync, .sync]), ["0 synced", "1 synced"])
            }
        }
    }

    @Test("Statements far larger than the socket's buffers go out while answers come in")
    func largeBothWays() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                let text = String(repeating: "x", count: 4 << 20)
                let step = PGPipelineStep.statement("SELECT $1::text", [.text(text)])
                var bytes = 0
                for try await event in try await connection.pipeline([step, step, step, step]) {
                    if case .rows(_, let batch) = event { bytes += batch.byteCount }
                }
                #expect(bytes == 4 * text.utf8.count)
            }
        }
    }

    @Test("A call while another is being read is refused; after leaving a loop the next call works")
    func oneAtATime() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                let rows = try await connection.query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
                var iterator = rows.makeAsyncIterator()
                _ = try await iterator.next()
                let error = await #expect(throws: PGError.self) { try await connection.execute("SELECT 1") }
                #expect(error?.code == .connectionBusy)
                _ = try await iterator.next()
            }
            try await client.withConnection { connection in
                let endless = "SELECT repeat('x', 1000), pg_sleep(i / 1000) FROM generate_series(1, 3600000) i"
                for try await _ in try await connection.query(endless) { break }
                expect(try await connection.execute("SELECT 1").rows[0].string(0), "1")
                // The sync makes the server send what it has; then it sleeps.
                let steps: [PGPipelineStep] = [.statement("SELECT 1"), .sync, .statement("SELECT pg_sleep(3600)")]
                for try await _ in try await connection.pipeline(steps) { break }
                expect(try await connection.execute("SELECT 2").rows[0].string(0), "2")
            }
        }
    }
}
