import PGConnector
import TestSupport

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

/// Waits until something is so, for at most ten seconds.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<500 {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return false
}

/// How many statements with this mark the server runs.
func running(_ mark: String) throws -> Int {
    let text = try PostgresFixture.shared().psql(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%\(mark)%' "
            + "AND pid <> pg_backend_pid()")
    return Int(text) ?? -1
}
