import AgentCore
import AuthTokens
import Logging
import MCPProtocol
import Synchronization
import Testing

@testable import AgentServer

@Suite("Statuses and headers over a socket")
struct StatusTests {
    @Test("A question is answered over MCP")
    func query() async throws {
        try await RunningServer.with { server in
            let reply = try await server.ask(RunningServer.query("SELECT 40 + 2 AS n"))
            #expect(reply?.status == 200)
            #expect(reply?.text.contains("42") == true)
        }
    }

    @Test(
        "Each path has its status",
        arguments: [
            ("GET", "/healthz", [], 200), ("HEAD", "/healthz", [], 200), ("GET", "/readyz", [], 200),
            ("GET", "/nowhere", [], 404), ("POST", "/healthz", [], 404), ("GET", "/../etc/passwd", [], 404),
            ("PUT", "/mcp", [], 405), ("POST", "/mcp", [], 415), ("GET", "/mcp", ["Accept: text/event-stream"], 400),
            ("GET", "/healthz", ["Host: evil.example.com"], 403), ("GET", "/healthz", ["Host: 127.0.0.1:9"], 200),
            ("GET", "/healthz", ["Host: localhost", "Host: evil.example.com"], 400),
            ("GET", "/healthz", ["Origin: http://evil.example.com"], 403),
            ("GET", "/healthz", ["Origin: null"], 403), ("GET", "/healthz", ["Origin: http://localhost:3000"], 200),
            ("POST", "/mcp", ["Host: evil.example.com"], 403), ("GET", "/nowhere", ["Host: evil.example.com"], 403),
            ("GET", "/metrics", [], 404), ("GET", "/api/v1/databases", [], 200),
        ])
    func status(method: String, path: String, fields: [String], status: Int) async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            try await client.send(RunningServer.request(method, path, fields))
            let reply = await client.reply(toHead: method == "HEAD")
            #expect(reply?.status == status)
            await client.close()
        }
    }

    @Test(
        "Every answer has an id and the headers that keep browsers in check, a refusal by the decoder too",
        arguments: [
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: evil.example.com\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n",
            "PUT /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "nonsense\r\n\r\n",
        ])
    func headers(request: String) async throws {
        try await RunningServer.with { server in
            let fields = try await server.ask(request)?.fields ?? [:]
            #expect(fields["x-request-id"]?.utf8.count == 32)
            #expect(fields["x-content-type-options"] == "nosniff")
            #expect(fields["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
            #expect(fields["x-frame-options"] == "DENY")
            #expect(fields["referrer-policy"] == "no-referrer")
            #expect(fields["cache-control"] == "no-store")
            #expect(fields["server"] == nil)
        }
    }

    @Test(
        "Errors are problem JSON with a type, a title and the status",
        arguments: [("GET /nowhere", [], 404), ("GET /healthz", ["Host: evil.example.com"], 403)])
    func problem(line: String, fields: [String], status: Int) async throws {
        try await RunningServer.with { server in
            let parts = line.split(separator: " ").map(String.init)
            let reply = try await server.ask(RunningServer.request(parts[0], parts[1], fields))
            #expect(reply?.fields["content-type"] == "application/problem+json")
            let problem = try JSONValue.parse(reply?.body ?? [])
            #expect(problem["status"] == .integer(Int64(status)))
            #expect(problem["type"]?.string?.hasPrefix("/problems/") == true)
            #expect(problem["title"]?.string?.isEmpty == false)
        }
    }

    @Test("A name that a caller gives its request is not taken, one of a trusted proxy is, if it is sane")
    func requestID() async throws {
        try await RunningServer.with { server in
            let reply = try await server.get("/healthz", ["X-Request-Id: mine"])
            #expect(reply?.fields["x-request-id"] != "mine")
        }
        try await RunningServer.with {
            $0.http.clientIP.trustedProxies = ["127.0.0.1"]
        } _: { server in
            let taken = try await server.get("/healthz", ["X-Request-Id: mine"])
            #expect(taken?.fields["x-request-id"] == "mine")
            let odd = try await server.get("/healthz", ["X-Request-Id: a b"])?.fields["x-request-id"]
            #expect(odd?.utf8.count == 32)
        }
    }

    @Test("Names and origins that the configuration lists are allowed, and the server's own pages")
    func allowed() async throws {
        try await RunningServer.with {
            $0.http.allowedHosts = ["agent.example.com"]
            $0.http.allowedOrigins = ["https://app.example.com"]
        } _: { server in
            let host = "Host: agent.example.com"
            #expect(await server.status("/healthz", [host]) == 200)
            #expect(await server.status("/healthz", [host, "Origin: https://app.example.com"]) == 200)
            #expect(await server.status("/healthz", [host, "Origin: http://agent.example.com"]) == 200)
            // Another scheme is another origin.
            #expect(await server.status("/healthz", [host, "Origin: https://agent.example.com"]) == 403)
        }
    }

    @Test("When callers have to show who they are and nothing decides, nobody is heard")
    func nobody() async throws {
        let accounts = try Accounts(files: AccountFiles(tokens: "/nowhere/tokens", users: "/nowhere/users"))
        try await RunningServer.with(accounts: accounts) { server in
            let reply = try await server.ask(RunningServer.query("SELECT 1"))
            #expect(reply?.status == 401)
            #expect(reply?.fields["www-authenticate"] == "Bearer")
            #expect(await server.status("/healthz") == 200)
        }
    }

    @Test("Readiness names each database, and one of two that is down sends nobody away")
    func ready() async throws {
        try await RunningServer.with { configuration in
            var down = DatabaseConfiguration(name: "down")
            (down.host, down.port, down.password) = ("127.0.0.1", 1, .literal("hunter2"))
            configuration.databases.append(down)
        } _: { server in
            let reply = try await server.get("/readyz")
            #expect(reply?.status == 200)
            let body = try JSONValue.parse(reply?.body ?? [])
            #expect(body["status"] == "degraded")
            #expect(body["databases"] == ["shop": "ok", "down": "down"])
            #expect(reply?.text.contains("hunter2") == false)
        }
    }

    @Test("Readiness tells of a token file that cannot be read again, for as long as it is so")
    func brokenAccounts() async throws {
        try await withFolder { folder in
            let file = folder + "/tokens.yaml"
            let accounts = try Accounts(files: AccountFiles(tokens: file, users: folder + "/users.yaml"))
            try await RunningServer.with(accounts: accounts) { server in
                try AtomicFile.replace(file, contents: Array("garbage: [".utf8), mode: 0o600)
                await server.server.reload()
                let broken = try await server.get("/readyz")
                #expect(broken?.status == 200)
                #expect(broken?.text.contains("the tokens could not be read again") == true)
                #expect(broken?.text.contains(folder) == false)
                try AtomicFile.replace(file, contents: Array("version: 1\ntokens: []\n".utf8), mode: 0o600)
                await server.server.reload()
                let mended = try await server.get("/readyz")
                #expect(mended?.text.contains("tokens") == false, "\(mended?.text ?? "")")
            }
        }
    }

    @Test("When no database answers the server is not ready, and says so with 503")
    func notReady() async throws {
        try await RunningServer.with { configuration in
            configuration.databases[0].host = "127.0.0.1"
            configuration.databases[0].port = 1
        } _: { server in
            let reply = try await server.get("/readyz")
            #expect(reply?.status == 503)
            #expect(try JSONValue.parse(reply?.body ?? [])["status"] == "unavailable")
            #expect(await server.status("/healthz") == 200)
        }
    }

    @Test("A flood of questions after readiness asks the database once")
    func readyFlood() async throws {
        let asked = Mutex(0)
        let source = Readiness.Source(name: "shop") {
            asked.withLock { $0 += 1 }
            return .ok
        }
        let readiness = Readiness(sources: { [source] })
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { await readiness.report().isComplete } }
            for await isComplete in group { #expect(isComplete) }
        }
        #expect(asked.withLock { $0 } == 1)
    }

    @Test("Metrics are not served where MCP is")
    func metrics() async throws {
        try await RunningServer.with {
            $0.telemetry.metricsListen = "127.0.0.1:0"
        } services: {
            $0.metrics = ServerMetrics()
        } _: { server in
            #expect(await server.status("/metrics") == 404)
        }
    }

    @Test("Metrics have a listener of their own, with Prometheus' media type")
    func metricsListener() async throws {
        var telemetry = TelemetryConfiguration()
        telemetry.metricsListen = "127.0.0.1:0"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let listener = try await MetricsListener.open(
            telemetry, exposition: { "agent_up 1\n" }, grace: .zero, logger: logger)
        let running = Task { await listener?.run() }
        let client = try await RawClient.connect(try #require(listener?.ports.first))
        try await client.send(RunningServer.request("GET", "/metrics"))
        let reply = await client.reply()
        #expect(reply?.text == "agent_up 1\n")
        #expect(reply?.fields["content-type"] == ServerMetrics.contentType)
        await client.close()
        running.cancel()
        await running.value
    }
}
