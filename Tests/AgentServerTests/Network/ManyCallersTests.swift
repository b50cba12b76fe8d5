import AgentCore
import AsyncHTTPClient
import AuthTokens
import MCPProtocol
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import AgentServer

@Suite("Callers beside each other, and callers who go", .timeLimit(.minutes(3)))
struct ManyCallersTests {
    @Test("Six slow queries of one client do not delay another client's, with a token of its own on the same database")
    func fairness() async throws {
        try await withFolder { folder in
            let files = AccountFiles(tokens: folder + "/tokens.yaml", users: folder + "/users.yaml", state: folder)
            let accounts = try Accounts(files: files)
            let tokens = try (0..<2).map { _ in
                ["Authorization: Bearer \(try accounts.tokens.file.create(TokenRequest()).token.text)"]
            }
            try accounts.tokens.refresh()
            try await RunningServer.with(accounts: accounts) { server in
                let marker = "slow_\(server.port)"
                let running = "query LIKE '%\(marker)%' AND state = 'active'"
                var slow: [RawClient] = []
                for _ in 0..<6 {
                    let client = try await RawClient.connect(server.port)
                    try await client.send(RunningServer.query("SELECT pg_sleep(600) AS \(marker)", tokens[0]))
                    slow.append(client)
                }
                // Two of one caller run at a time (concurrent_per_token); the others wait, and hold nothing.
                try await server.until(2, running)
                for _ in 0..<20 {
                    let reply = try await server.ask(RunningServer.query("SELECT 40 + 2 AS n", tokens[1]))
                    #expect(reply?.status == 200 && reply?.text.contains("42") == true)
                }
                // All of that was answered while two of the six ran on.
                try await server.until(2, running)
                for client in slow { await client.close() }
                try await server.until(0, running)
            }
        }
    }

    /// When a client goes.
    enum Phase: CaseIterable, Sendable {
        /// Its stream is reset while the query runs and nothing was answered.
        case beforeAnswer
        /// Its stream is reset after the answer began as a stream of events.
        case inStream
        /// The whole connection ends, with other requests on it.
        case connection
    }

    @Test(
        "Over HTTP/2 a client that goes has cancelled: its query is gone from the database", arguments: Phase.allCases)
    func http2(phase: Phase) async throws {
        try await withFolder { folder in
            let certificate = try TestCertificate(in: folder)
            try await RunningServer.with {
                ($0.http.tls.certFile, $0.http.tls.keyFile) = (certificate.certFile, certificate.keyFile)
            } _: { server in
                var configuration = HTTPClient.Configuration()
                configuration.httpVersion = .automatic
                var trust = NIOSSL.TLSConfiguration.makeClientConfiguration()
                trust.trustRoots = .file(certificate.certFile)
                configuration.tlsConfiguration = trust
                let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
                let other = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
                let (marker, url) = ("gone_\(server.port)", "https://localhost:\(server.port)")
                let running = "query LIKE '%\(marker)%' AND state = 'active'"
                let (begins, began) = AsyncStream<Void>.makeStream()
                let request = Self.query("SELECT pg_sleep(600) AS \(marker)", url, progress: phase == .inStream)
                let asking = Task {
                    let response = try await client.execute(request, timeout: .seconds(600))
                    #expect(response.version == .http2)
                    began.yield()
                    for try await _ in response.body {}
                }
                try await server.until(1, running)
                switch phase {
                case .beforeAnswer: asking.cancel()
                case .inStream:
                    var iterator = begins.makeAsyncIterator()
                    await iterator.next()
                    asking.cancel()
                case .connection: try await client.shutdown()
                }
                try await server.until(0, running)
                _ = await asking.result
                let answer = try await other.execute(Self.query("SELECT 40 + 2 AS n", url), timeout: .seconds(60))
                #expect(answer.status == .ok)
                #expect(String(buffer: try await answer.body.collect(upTo: 1 << 20)).contains("42"))
                if phase != .connection { try await client.shutdown() }
                try await other.shutdown()
            }
        }
    }

    private static func query(_ sql: String, _ url: String, progress: Bool = false) -> HTTPClientRequest {
        var meta: JSONObject = [
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:],
        ]
        if progress { meta["progressToken"] = 1 }
        let message: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": [
                "name": "query_database", "arguments": ["query": .string(sql)], "_meta": .object(meta),
            ],
        ]
        var request = HTTPClientRequest(url: url + "/mcp")
        request.method = .POST
        request.headers = [
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "query_database",
        ]
        request.body = .bytes(ByteBuffer(string: message.description))
        return request
    }
}
