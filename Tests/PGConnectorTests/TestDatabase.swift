import PGConnector
import TestSupport
import Testing

/// Lends a client of the shared server and shuts it down afterwards.
func withClient<R>(
    database: String = "postgres", pool: PGPoolConfiguration = PGPoolConfiguration(),
    configure: (inout PGConfiguration) -> Void = { _ in }, observer: (any PGPoolObserver)? = nil,
    _ body: (PGClient) async throws -> R
) async throws -> R {
    var configuration = try PostgresFixture.shared().configuration(database: database, pool: pool)
    configure(&configuration)
    let client = PGClient(configuration: configuration, observer: observer)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

/// Expects that something becomes so within ten seconds.
func expectEventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    for _ in 0..<3000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("It did not become so in time.", sourceLocation: sourceLocation)
}

/// Expects what a mutating call returns, which `#expect` cannot call.
func expect<T: Equatable>(_ actual: T, _ wanted: T, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(actual == wanted, sourceLocation: sourceLocation)
}

/// How many statements with this mark the server runs.
func running(_ mark: String) throws -> Int {
    let text = try PostgresFixture.shared().psql(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%\(mark)%' "
            + "AND pid <> pg_backend_pid()")
    return Int(text) ?? -1
}
