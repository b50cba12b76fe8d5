import AgentCore
import MCPProtocol
import Testing

@testable import AgentServer

@Suite("Clients that are slow, greedy or broken", .timeLimit(.minutes(5)))
struct AbuseTests {
    @Test("A head that comes too slowly ends the connection, and others are served meanwhile")
    func slowHead() async throws {
        try await RunningServer.with(services: { $0.limits.headTimeout = .milliseconds(200) }) { server in
            let client = try await RawClient.connect(server.port)
            try await client.send("GET /healthz HTTP/1.1\r\nHost: local")
            #expect(await server.status("/healthz") == 200)
            #expect(await client.untilClosed().isEmpty)
        }
    }

    @Test("A second head on the same connection may not be slow either")
    func slowSecondHead() async throws {
        try await RunningServer.with(services: { $0.limits.headTimeout = .milliseconds(200) }) { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.request("GET", "/healthz"))
            #expect(await client.reply()?.status == 200)
            try await client.send("GET /healthz HTTP/1.1\r\n")
            #expect(await client.untilClosed().isEmpty)
        }
    }

    @Test("A body that comes too slowly ends the connection")
    func slowBody() async throws {
        try await RunningServer.with(services: {
            $0.limits.bodyTimeout = .milliseconds(200)
            $0.limits.bodyBytesPerSecond = 1 << 20
        }) { server in
            let client = try await RawClient.connect(server.port)
            let request = RunningServer.query("SELECT 1")
            try await client.send(String(request.dropLast(5)))
            #expect(await client.untilClosed().isEmpty)
        }
    }

    @Test("A connection without a request is closed after a while")
    func idle() async throws {
        try await RunningServer.with(services: { $0.limits.idleTimeout = .milliseconds(200) }) { server in
            let client = try await RawClient.connect(server.port)
            #expect(await client.untilClosed().isEmpty)
        }
    }

    @Test("A client that takes nothing of a large answer loses its connection")
    func noReader() async throws {
        try await RunningServer.with {
            $0.databases[0].limits.bytes = 64 << 20
            $0.databases[0].limits.cellBytes = 32 << 20
            $0.databases[0].limits.rowBytes = 32 << 20
        } services: {
            $0.limits.writeTimeout = .milliseconds(300)
        } _: { server in
            let client = try await RawClient.connect(server.port, reads: false)
            try await client.send(RunningServer.query("SELECT repeat('x', 16000000)"))
            // The limit of the suite ends a wait in vain: on a busy machine 16 MB take their time.
            while server.server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(50)) }
            #expect(await server.status("/healthz") == 200)
            await client.close()
        }
    }

    @Test(
        "A large answer arrives whole, though the client asked for the connection to be closed",
        arguments: ["close", "keep-alive"])
    func largeAnswer(connection: String) async throws {
        try await RunningServer.with {
            $0.databases[0].limits.bytes = 64 << 20
            $0.databases[0].limits.cellBytes = 32 << 20
            $0.databases[0].limits.rowBytes = 32 << 20
        } services: {
            // A busy machine is no slow client.
            $0.limits.writeTimeout = .seconds(300)
            $0.limits.idleTimeout = .seconds(300)
        } _: { server in
            let reply = try await server.ask(
                RunningServer.query("SELECT repeat('x', 8000000)", ["Connection: \(connection)"]))
            #expect(reply?.status == 200)
            #expect((reply?.body.count ?? 0) > 8_000_000)
        }
    }

    @Test(
        "A body of 100 MB is refused before it is sent, and the answer arrives",
        arguments: ["/mcp", "/nowhere", "/healthz"])
    func largeBody(path: String) async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            let head = RunningServer.request(
                "POST", path, ["Content-Type: application/json", "Content-Length: 104857600"])
            try await client.send(head)
            let sending = Task {
                let piece = [UInt8](repeating: 0x20, count: 1 << 20)
                for _ in 0..<100 { try await client.send(piece) }
            }
            let reply = await client.reply()
            #expect(reply?.status == 413)
            #expect(reply?.fields["connection"] == "close")
            _ = await client.untilClosed()
            _ = try? await sending.value
        }
    }

    @Test("A chunked body of any length is refused once it is too long")
    func chunkedBody() async throws {
        try await RunningServer.with {
            $0.http.maxBodyBytes = 1 << 20
        } _: { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(
                RunningServer.request(
                    "POST", "/mcp",
                    ["Content-Type: application/json", "Accept: application/json", "Transfer-Encoding: chunked"]))
            let sending = Task {
                let piece = Array("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 65536) + [13, 10]
                for _ in 0..<200 { try await client.send(piece) }
            }
            #expect(await client.reply()?.status == 413)
            _ = await client.untilClosed()
            _ = try? await sending.value
        }
    }

    @Test(
        "Heads with too many or too large fields are refused",
        arguments: [(10_000, 10), (200, 10), (1, 40_000), (100, 1000)])
    func largeHead(count: Int, size: Int) async throws {
        try await RunningServer.with { server in
            let fields = (0..<count).map { "X-Field-\($0): " + String(repeating: "a", count: size) }
            let client = try await RawClient.connect(server.port)
            let sending = Task { try await client.send(RunningServer.request("GET", "/healthz", fields)) }
            let reply = await client.reply()
            // The decoder refuses what is far too much, before anybody could say why.
            #expect([400, 431].contains(reply?.status))
            await client.close()
            _ = try? await sending.value
            #expect(await server.status("/healthz") == 200)
        }
    }

    @Test(
        "Requests of which two programs could see different ends are refused",
        arguments: [
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhello",
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 5\r\n\r\nhello",
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\nhello",
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n folded\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n X-A: 1\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
            "GET /healthz\u{0} HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: a\u{0}b\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n",
        ])
    func smuggling(request: String) async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(request + "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let reply = await client.reply()
            #expect(reply == nil || (400..<500).contains(reply?.status ?? 0), "\(reply?.status ?? 0)")
            await client.close()
        }
    }

    @Test(
        "A request for another protocol is answered as the last, and what follows it is not kept",
        arguments: [
            RunningServer.request("GET", "/healthz", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"]),
            RunningServer.request("GET", "/healthz", ["Connection: Upgrade", "Upgrade: websocket"]),
            RunningServer.request("CONNECT", "localhost:80"),
        ])
    func otherProtocol(request: String) async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(request)
            let reply = await client.reply()
            #expect([200, 400].contains(reply?.status))
            #expect(reply?.fields["connection"] == "close")
            #expect(await client.untilClosed().isEmpty)
        }
    }

    @Test("A client that is done sending gets its answer all the same")
    func halfClosed() async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.request("GET", "/readyz"))
            try await client.finish()
            #expect(await client.reply()?.status == 200)
            await client.close()
        }
    }

    @Test("A client that goes away has cancelled: its query is gone from the database")
    func disconnect() async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.query("SELECT pg_sleep(600) AS leaving_\(server.port)"))
            try await server.until(1, "query LIKE '%leaving_\(server.port)%' AND state = 'active'")
            await client.close()
            try await server.until(0, "query LIKE '%leaving_\(server.port)%' AND state = 'active'")
        }
    }

    @Test("Requests that wait on one connection are answered in their order")
    func pipelining() async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            let paths = ["/healthz", "/nowhere", "/healthz", "/mcp"]
            try await client.send(paths.map { RunningServer.request("GET", $0) }.joined())
            var statuses: [Int] = []
            for _ in paths { statuses.append(await client.reply()?.status ?? 0) }
            #expect(statuses == [200, 404, 200, 400])
            await client.close()
        }
    }

    @Test("One address has a bound of connections, and so have all together", arguments: [true, false])
    func connections(perAddress: Bool) async throws {
        try await RunningServer.with(services: {
            $0.limits.boundsLoopback = true
            if perAddress { $0.limits.maximumConnectionsPerAddress = 4 } else { $0.limits.maximumConnections = 4 }
        }) { server in
            var held: [RawClient] = []
            for _ in 0..<4 {
                let client = try await RawClient.connect(server.port)
                try await client.send(RunningServer.request("GET", "/healthz"))
                #expect(await client.reply()?.status == 200)
                held.append(client)
            }
            let further = try await RawClient.connect(server.port)
            #expect(await further.untilClosed().isEmpty)
            for client in held {
                try await client.send(RunningServer.request("GET", "/healthz"))
                #expect(await client.reply()?.status == 200)
                await client.close()
            }
            // There is room again once they are gone.
            while server.server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(await server.status("/healthz") == 200)
        }
    }
}
