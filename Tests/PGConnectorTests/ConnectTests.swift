import PGConnector
import Synchronization
import TestSupport
import Testing

@Suite("Connecting", .serialized, .timeLimit(.minutes(3)))
struct ConnectTests {
    private func client(
        _ parameters: [String: String], provider: (@Sendable () async throws -> String?)? = nil
    ) -> PGClient {
        PGClient(configuration: PGConfiguration(parameters: parameters, passwordProvider: provider))
    }

    /// A server that wants passwords over TCP, and its user `app` with the password `first`.
    private func secured() throws -> PostgresFixture {
        let server = try PostgresFixture.start()
        try server.psql("CREATE ROLE app LOGIN PASSWORD 'first'")
        try server.setAccessRules(["local all all trust", "host all all 127.0.0.1/32 scram-sha-256"])
        return server
    }

    @Test("A rotated password is asked for again, and a wrong one is an error without secrets")
    func rotation() async throws {
        let server = try secured()
        let box = Provider(password: "first")
        let client = client(server.tcpParameters(user: "app")) { box.next() }
        try await client.execute("SELECT 1")
        try server.psql("ALTER ROLE app PASSWORD 'second'")
        box.rotate(stale: "first", fresh: "second")
        try server.terminateBackends(database: "postgres")
        let result = try await client.execute("SELECT 2")
        #expect(result.rows[0].string(0) == "2")
        #expect(box.count == 3)
        box.rotate(stale: "sesame-wrong", fresh: "sesame-wrong")
        try server.terminateBackends(database: "postgres")
        let error = await #expect(throws: PGError.self) { try await client.execute("SELECT 3") }
        #expect(error?.code == .connectionFailed)
        #expect(error?.description.contains("28P01") == true)
        #expect(error.map { "\($0)".contains("sesame") || "\($0)".contains("127.0.0.1") } == false)
        await client.shutdown()
        server.remove()
    }

    @Test("The password file of libpq works, and the first host that answers is taken")
    func files() async throws {
        let server = try secured()
        try PostgresFixture.run([
            "sh", "-c",
            "umask 077; echo '127.0.0.1:\(server.port):*:app:first' > \(server.directory)/pgpass",
        ])
        let free = try PostgresFixture.freePort()
        let several = client([
            "host": "127.0.0.1,127.0.0.1", "port": "\(free),\(server.port)", "user": "app", "dbname": "postgres",
            "passfile": server.directory + "/pgpass", "target_session_attrs": "read-write",
        ])
        let port = try await several.withConnection { $0.port }
        #expect(port == String(server.port))
        await several.shutdown()
        let standby = client([
            "host": server.directory, "port": "\(server.port)", "user": "postgres", "dbname": "postgres",
            "target_session_attrs": "standby",
        ])
        let error = await #expect(throws: PGError.self) { try await standby.execute("SELECT 1") }
        #expect(error?.description.contains("target_session_attrs") == true)
        await standby.shutdown()
        server.remove()
    }

    @Test(
        "Why a connection fails is said without host, port or path",
        arguments: [
            (["dbname": "nothing_here"], "3D000"), (["user": "nobody_here"], "28000"),
            (["port": "1"], "connection refused"),
            (["nonsense": "x"], "parameter is not known"),
        ])
    func classification(change: [String: String], text: String) async throws {
        let server = try PostgresFixture.shared()
        let client = client(server.parameters().merging(change) { $1 })
        let error = await #expect(throws: PGError.self) { try await client.execute("SELECT 1") }
        #expect(error?.code == .connectionFailed)
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains(server.directory) == false)
        #expect(error?.debugDescription.isEmpty == false)
        await client.shutdown()
    }

    @Test("A new session is set up once, and a failing setup is an error")
    func setup() async throws {
        try await withClient(configure: { $0.sessionSetup = ["SET default_transaction_read_only = on"] }) { client in
            let result = try await client.execute("SHOW transaction_read_only")
            #expect(result.rows[0].string(0) == "on")
        }
        try await withClient(configure: { $0.sessionSetup = ["SET nonsense_here = on"] }) { client in
            let error = await #expect(throws: PGError.self) { try await client.execute("SELECT 1") }
            #expect(error?.server?.sqlState == "42704")
        }
    }

    @Test("Notifications reach who listens")
    func notifications() async throws {
        try await withClient { client in
            let received = try await client.withConnection { connection in
                let notifications = connection.notifications
                try await connection.execute("LISTEN news")
                try await client.execute("NOTIFY news, 'hello'")
                return await notifications.first { _ in true }
            }
            #expect(received?.channel == "news")
            #expect(received?.payload == "hello")
            try await expectEventually { client.poolStatus.idle + client.poolStatus.inUse <= 1 }
        }
    }

    @Test("Notifications reach who listens while statements run on the same connection")
    func notificationsBetweenStatements() async throws {
        try await withClient { client in
            let payloads = try await client.withConnection { connection in
                let notifications = connection.notifications
                try await connection.execute("LISTEN news")
                var iterator = notifications.makeAsyncIterator()
                var payloads: [String?] = []
                for round in 0..<20 {
                    // Each answer is one that the sender may read or the loop.
                    for _ in 0..<20 { try await connection.execute("SELECT 1") }
                    try await client.execute("NOTIFY news, '\(round)'")
                    payloads.append(await iterator.next()?.payload)
                    try await connection.execute("NOTIFY news, 'own'")
                    payloads.append(await iterator.next()?.payload)
                }
                return payloads
            }
            #expect(payloads == (0..<20).flatMap { ["\($0)", "own"] })
        }
    }

    @Test("A connection in a transaction or after its loan is not used again")
    func hygiene() async throws {
        try await withClient(pool: PGPoolConfiguration(max: 1)) { client in
            let kept = try await client.withConnection { connection in
                try await connection.execute("BEGIN")
                return connection
            }
            let status = try await client.withConnection { $0.transactionStatus }
            #expect(status == .idle)
            let late = await #expect(throws: PGError.self) { try await kept.execute("SELECT 1") }
            #expect(late?.code == .invalidArgument)
        }
    }
}

/// Gives a stale password once after each change, as a cache would, then the new one.
private final class Provider: Sendable {
    private let state: Mutex<(next: String, after: String, count: Int)>

    init(password: String) { state = Mutex((password, password, 0)) }

    func rotate(stale: String, fresh: String) { state.withLock { $0 = (stale, fresh, $0.count) } }

    func next() -> String {
        state.withLock { state in
            state.count += 1
            defer { state.next = state.after }
            return state.next
        }
    }

    var count: Int { state.withLock { $0.count } }
}
