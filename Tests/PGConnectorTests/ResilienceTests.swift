import PGConnector
import TestSupport
import Testing

@Suite("Failures of server and network", .serialized, .timeLimit(.minutes(2)))
struct ResilienceTests {
    private func client(_ parameters: [String: String], max: Int = 4) -> PGClient {
        PGClient(
            configuration: PGConfiguration(
                parameters: parameters, pool: PGPoolConfiguration(max: max, acquireTimeout: .seconds(60))))
    }

    @Test("A session that an administrator ends while idle is replaced without an error")
    func terminatedWhileIdle() async throws {
        let server = try PostgresFixture.shared()
        let database = try server.createDatabase("idle")
        let client = client(server.parameters(database: database))
        for _ in 0..<3 {
            try await client.execute("SELECT 1")
            try server.terminateBackends(database: database)
            try await expectEventually {
                try server.psql("SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database)'") == "0"
            }
            let result = try await client.execute("SELECT 2")
            #expect(result.rows[0].string(0) == "2")
        }
        await client.shutdown()
    }

    @Test("A session ended in the middle of a query says so with the server's words, and the next query succeeds")
    func terminatedWhileBusy() async throws {
        let server = try PostgresFixture.shared()
        let database = try server.createDatabase("busy")
        let client = client(server.parameters(database: database))
        let task = Task { try await client.execute("SELECT pg_sleep(3600) /* mark-terminated */") }
        try await expectEventually { try running("mark-terminated") == 1 }
        try server.terminateBackends(database: database)
        let error = await #expect(throws: PGError.self) { try await task.value }
        #expect(error?.code == .connectionLost)
        #expect(error?.server?.sqlState == "57P01")
        let result = try await client.execute("SELECT 2")
        #expect(result.rows[0].string(0) == "2")
        await client.shutdown()
    }

    @Test("A crash and restart of the server heals without a new client")
    func restart() async throws {
        let server = try PostgresFixture.start()
        let client = client(server.parameters())
        let task = Task { try await client.execute("SELECT pg_sleep(3600)") }
        try await expectEventually { client.poolStatus.inUse == 1 }
        try await Task.sleep(for: .milliseconds(100))
        try server.stop(mode: "immediate")
        let error = await #expect(throws: PGError.self) { try await task.value }
        #expect(error?.code == .connectionLost)
        for _ in 0..<5 {
            let down = await #expect(throws: PGError.self) { try await client.execute("SELECT 1") }
            #expect(down?.code == .connectionFailed || down?.code == .circuitOpen)
            #expect(down?.description.contains(server.directory) == false)
        }
        #expect(client.poolStatus.circuitOpen)
        try server.resume()
        try await expectEventually { (try? await client.execute("SELECT 1")) != nil }
        await client.shutdown()
        server.remove()
    }

    @Test("A connection that the network cuts in the middle of a query is an error, and the next query succeeds")
    func dropped() async throws {
        let server = try PostgresFixture.shared()
        let proxy = try PostgresTCPProxy(target: server.port)
        var parameters = server.tcpParameters()
        parameters["port"] = String(proxy.port)
        let client = client(parameters)
        let task = Task { try await client.execute("SELECT pg_sleep(3) /* mark-dropped */") }
        try await expectEventually { try running("mark-dropped") == 1 }
        proxy.drop()
        let error = await #expect(throws: PGError.self) { try await task.value }
        #expect(error?.code == .connectionLost)
        #expect(error?.description.contains(String(proxy.port)) == false)
        let result = try await client.execute("SELECT 2")
        #expect(result.rows[0].string(0) == "2")
        await client.shutdown()
        proxy.stop()
    }

    @Test("A query behind a network that swallows everything ends when its task is cancelled")
    func blackHole() async throws {
        let server = try PostgresFixture.shared()
        let proxy = try PostgresTCPProxy(target: server.port)
        var parameters = server.tcpParameters()
        parameters["port"] = String(proxy.port)
        let client = client(parameters)
        let task = Task { try await client.execute("SELECT pg_sleep(5) /* mark-hole */") }
        try await expectEventually { try running("mark-hole") == 1 }
        proxy.setBlackHole(true)
        task.cancel()
        let error = await #expect(throws: PGError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        proxy.setBlackHole(false)
        let result = try await client.execute("SELECT 2")
        #expect(result.rows[0].string(0) == "2")
        await client.shutdown()
        proxy.stop()
    }

    @Test("Shutdown turns callers away and is bounded although a query runs")
    func shutdown() async throws {
        let server = try PostgresFixture.shared()
        var configuration = server.configuration()
        configuration.pool.shutdownGrace = .milliseconds(100)
        let client = PGClient(configuration: configuration)
        let task = Task { try await client.execute("SELECT pg_sleep(3) /* mark-shutdown */") }
        try await expectEventually { try running("mark-shutdown") == 1 }
        await client.shutdown()
        let error = await #expect(throws: PGError.self) { try await task.value }
        #expect(error?.code == .shutdown)
        let late = await #expect(throws: PGError.self) { try await client.execute("SELECT 1") }
        #expect(late?.code == .shutdown)
    }
}
