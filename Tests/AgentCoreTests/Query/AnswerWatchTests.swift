import PGConnector
import TestSupport
import Testing

@testable import AgentCore

@Suite("The watch over answers that do not come")
struct AnswerWatchTests {
    private func client(port: Int? = nil) throws -> PGClient {
        let fixture = try PostgresFixture.shared()
        return PGClient(
            configuration: PGConfiguration(parameters: [
                "host": port == nil ? fixture.directory : "127.0.0.1", "port": String(port ?? fixture.port),
                "dbname": "postgres", "user": fixture.superuser, "sslmode": "disable",
            ]))
    }

    @Test("An exchange that takes too long is ended on the server, and the next one has its own limit")
    func overdue() async throws {
        let fixture = try PostgresFixture.shared()
        let client = try client()
        let watch = AnswerWatch()
        await #expect(throws: AnswerWatch.Expired.self) {
            try await client.withConnection { connection in
                try await watch.run(within: .milliseconds(10), on: connection) {
                    _ = try await connection.execute("SELECT pg_sleep(600), 'overdue exchange'")
                }
            }
        }
        try await wait(for: "overdue exchange", isRunning: false, on: fixture)
        let rows = try await client.withConnection { connection in
            try await watch.run(within: .seconds(600), on: connection) {
                try await connection.execute("SELECT 1").rows.count
            }
        }
        #expect(rows == 1)
        await client.shutdown()
    }

    @Test("An exchange over a network that swallows everything ends too")
    func blackHole() async throws {
        let proxy = try PostgresTCPProxy(target: try PostgresFixture.shared().port)
        let client = try client(port: proxy.port)
        _ = try await client.execute("SELECT 1")
        await #expect(throws: AnswerWatch.Expired.self) {
            try await client.withConnection { connection in
                proxy.setBlackHole(true)
                return try await AnswerWatch().run(within: .milliseconds(10), on: connection) {
                    try await connection.execute("SELECT 1").rows.count
                }
            }
        }
        proxy.stop()
        await client.shutdown()
    }
}
