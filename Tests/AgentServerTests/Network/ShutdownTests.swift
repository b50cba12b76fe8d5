import AgentCore
import Foundation
import MCPHTTP
import Testing

@testable import AgentServer

@Suite("The end of a server")
struct ShutdownTests {
    @Test("What is in flight is answered, and says that it is the last")
    func inFlight() async throws {
        try await RunningServer.with {
            $0.shutdownGrace = .seconds(60)
        } _: { server in
            let marker = "ending_\(server.port)"
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.query("SELECT 40 + 2 AS \(marker), pg_sleep(6)"))
            try await server.until(1, "query LIKE '%\(marker)%' AND state = 'active'")
            await server.end()
            let reply = await client.reply()
            #expect(reply?.status == 200)
            #expect(reply?.text.contains("42") == true)
            #expect(reply?.fields["connection"] == "close")
            _ = await client.untilClosed()
        }
    }

    @Test("What is not finished within the grace is cancelled on the database")
    func grace() async throws {
        let marker = "grace_\(UUID().uuidString.prefix(8).lowercased())"
        try await RunningServer.with {
            $0.shutdownGrace = .milliseconds(200)
        } _: { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.query("SELECT pg_sleep(600) AS \(marker)"))
            try await server.until(1, "query LIKE '%\(marker)%' AND state = 'active'")
            await server.end()
            #expect(await client.reply() == nil)
            try await server.until(0, "query LIKE '%\(marker)%' AND state = 'active'")
        }
    }

    @Test(
        "A client that takes nothing of its answer does not hold the server up beyond the grace",
        .timeLimit(.minutes(2)), arguments: [false, true])
    func taker(isEncrypted: Bool) async throws {
        try await withFolder { folder in
            let certificate = try TestCertificate(in: folder)
            try await RunningServer.with {
                $0.shutdownGrace = .milliseconds(200)
                $0.databases[0].limits.bytes = 64 << 20
                $0.databases[0].limits.cellBytes = 32 << 20
                $0.databases[0].limits.rowBytes = 32 << 20
                if isEncrypted {
                    ($0.http.tls.certFile, $0.http.tls.keyFile) = (certificate.certFile, certificate.keyFile)
                }
            } services: {
                // Beyond the limit of the test.
                $0.limits.writeTimeout = .seconds(600)
                $0.limits.idleTimeout = .seconds(600)
            } _: { server in
                let context = isEncrypted ? try certificate.clientContext() : nil
                let client = try await RawClient.connect(server.port, tls: context)
                try await client.send(RunningServer.request("GET", "/healthz"))
                #expect(await client.reply()?.status == 200)
                try await client.stopReading()
                try await client.send(RunningServer.query("SELECT repeat('x', 16000000)"))
                while server.server.endpoint.requestCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
                while server.server.endpoint.requestCount > 0 { try await Task.sleep(for: .milliseconds(10)) }
                await server.end()
                while server.server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(20)) }
                await client.close()
            }
        }
    }

    @Test("A connection that waits for nothing does not hold the server up")
    func idleConnection() async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.request("GET", "/healthz"))
            #expect(await client.reply()?.status == 200)
            await server.end()
            _ = await client.untilClosed()
        }
    }

    @Test("A request that is on its way when the server ends is answered")
    func onItsWay() async throws {
        try await RunningServer.with(services: { $0.limits.drainLinger = .seconds(30) }) { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.request("GET", "/healthz"))
            #expect(await client.reply()?.status == 200)
            await server.end()
            while !server.server.connections.isDraining { try await Task.sleep(for: .milliseconds(5)) }
            try await client.send(RunningServer.request("GET", "/healthz"))
            let last = await client.reply()
            #expect(last?.status == 200)
            _ = await client.untilClosed()
        }
    }

    @Test("A server that ends is not ready, and accepts no new connection")
    func notReady() async throws {
        try await RunningServer.with(services: { $0.limits.drainLinger = .seconds(30) }) { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.request("GET", "/readyz"))
            #expect(await client.reply()?.status == 200)
            await server.end()
            while !server.server.connections.isDraining { try await Task.sleep(for: .milliseconds(5)) }
            await #expect(throws: (any Error).self) { _ = try await RawClient.connect(server.port) }
            try await client.send(RunningServer.request("GET", "/readyz"))
            #expect(await client.reply()?.status == 503)
        }
    }
}
