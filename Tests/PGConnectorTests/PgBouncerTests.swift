import PGConnector
import TestSupport
import Testing

@Suite("Behind PgBouncer in transaction mode", .enabled(if: PgBouncer.isAvailable), .timeLimit(.minutes(3)))
struct PgBouncerTests {
    @Test("Queries, pipelines, errors and cancellation work through two server connections for many clients")
    func transactionMode() async throws {
        let pooler = try PgBouncer.start(before: try PostgresFixture.shared())
        defer { pooler.stop() }
        let client = PGClient(
            configuration: PGConfiguration(
                parameters: pooler.parameters, pool: PGPoolConfiguration(max: 10, acquireTimeout: .seconds(30))))
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<10 {
                group.addTask {
                    var sum = 0
                    for _ in 0..<20 {
                        sum += try await client.execute("SELECT $1::int", [PGParameter(number)]).rows[0].decode(
                            Int.self, 0)
                    }
                    return sum
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 45 * 20)
        try await client.withConnection { connection in
            var tags: [String] = []
            let steps: [PGPipelineStep] = [
                .statement("BEGIN READ ONLY"), .statement("SELECT 1/0"), .sync, .statement("ROLLBACK"), .sync,
            ]
            for try await event in try await connection.pipeline(steps) {
                if case .complete(_, let tag) = event { tags.append(tag) }
                if case .failed(_, let error) = event { tags.append(error.sqlState) }
            }
            #expect(tags == ["BEGIN", "22012", "ROLLBACK"])
            #expect(connection.transactionStatus == .idle)
        }
        let task = Task { try await client.execute("SELECT pg_sleep(3600) /* mark-pooled */") }
        try await expectEventually { try running("mark-pooled") == 1 }
        task.cancel()
        let error = await #expect(throws: PGError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        try await expectEventually { try running("mark-pooled") == 0 }
        await client.shutdown()
    }
}
