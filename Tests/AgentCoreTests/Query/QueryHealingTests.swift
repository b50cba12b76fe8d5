import Logging
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

@Suite("A database that goes and comes", .serialized)
struct QueryHealingTests {
    private func database(_ fixture: PostgresFixture, port: Int? = nil) -> Database {
        var configuration = DatabaseConfiguration(name: "main")
        configuration.host = port == nil ? fixture.directory : "127.0.0.1"
        configuration.port = port ?? fixture.port
        configuration.sslmode = .disable
        configuration.database = "postgres"
        configuration.user = fixture.superuser
        return Database(configuration: configuration, logger: Logger(label: "test"))
    }

    /// Asks until the database answers; the pool may wait before it tries again.
    private func answers(_ database: Database) async throws {
        for _ in 0..<600 {
            if case .answered = await Ending({ try await database.query(QueryRequest(sql: "SELECT 1")) }) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the database did not heal")
    }

    @Test("A database that is down when asked first says so, and answers when it is up")
    func downAtStart() async throws {
        let fixture = try PostgresFixture.start()
        defer { fixture.remove() }
        try fixture.stop()
        let database = database(fixture)
        let failure = await #expect(throws: QueryFailure.self) {
            try await database.query(QueryRequest(sql: "SELECT 1"))
        }
        #expect(failure?.code == "unavailable")
        #expect(failure?.description.contains(fixture.directory) == false)
        try fixture.resume()
        try await answers(database)
        await database.shutdown()
    }

    @Test("When sessions are ended, the call in flight fails and the next one answers")
    func terminated() async throws {
        let fixture = try PostgresFixture.start()
        defer { fixture.remove() }
        let database = database(fixture)
        #expect(try await database.query(QueryRequest(sql: "SELECT 1")).rowCount == 1)
        let flight = Task {
            await Ending { try await database.query(QueryRequest(sql: "SELECT pg_sleep(600), 'flight'")) }
        }
        try await wait(for: "flight", on: fixture)
        try fixture.terminateBackends(database: "postgres")
        #expect(await flight.value == .failed("unavailable"))
        try await answers(database)
        try fixture.restart()
        try await answers(database)
        await database.shutdown()
    }

    @Test("When the network breaks in mid-query, the call fails and the next one answers")
    func network() async throws {
        let fixture = try PostgresFixture.start()
        defer { fixture.remove() }
        let proxy = try PostgresTCPProxy(target: fixture.port)
        let database = database(fixture, port: proxy.port)
        let flight = Task {
            await Ending { try await database.query(QueryRequest(sql: "SELECT pg_sleep(600), 'flight'")) }
        }
        try await wait(for: "flight", on: fixture)
        proxy.drop()
        #expect(await flight.value == .failed("unavailable"))
        try await answers(database)
        await database.shutdown()
        proxy.stop()
    }
}
