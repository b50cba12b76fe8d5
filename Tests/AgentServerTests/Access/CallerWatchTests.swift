import AuthTokens
import HTTPTypes
import Hummingbird
import MCPHTTP
import MCPProtocol
import NIOCore
import Testing

@testable import AgentServer

@Suite("Streams end with their callers' rights", .timeLimit(.minutes(3)))
struct CallerWatchTests {
    /// What ends a caller's right. Each is done to the files, as another program does it.
    enum Cause: String, CaseIterable, Sendable {
        case revoked, expired, rotated, session, disabled, password, lockdown

        var isOfSession: Bool { [.session, .disabled, .password].contains(self) }
    }

    private static let password = "rainy-tuesday-lamp"

    private static func listen(_ fields: [String]) -> String {
        let message: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
            "params": [
                "notifications": ["toolsListChanged": true],
                "_meta": [
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": [:],
                ],
            ],
        ]
        return RunningServer.request(
            "POST", "/mcp",
            [
                "Content-Type: application/json", "Accept: application/json, text/event-stream",
                "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: subscriptions/listen",
            ] + fields, body: message.description)
    }

    private static func withFiles(_ body: (AccountFiles, Accounts) async throws -> Void) async throws {
        try await withFolder { folder in
            let files = AccountFiles(tokens: folder + "/tokens.yaml", users: folder + "/users.yaml", state: folder)
            let cheap = try #require(PasswordHash.Cost(cost: 10, blockSize: 1, parallelism: 1))
            try UserFile(path: files.users).add(name: "ada", password: password, scopes: [.read], cost: cheap)
            try await body(files, try Accounts(files: files))
        }
    }

    /// The fields of somebody who is known: of a token, or of a session.
    private static func fields(_ accounts: Accounts, _ cause: Cause) async throws -> (id: String, fields: [String]) {
        guard cause.isOfSession else {
            let (record, token) = try accounts.tokens.file.create(TokenRequest())
            try accounts.tokens.refresh()
            return (record.id, ["Authorization: Bearer \(token.text)"])
        }
        let outcome = await accounts.signIn(name: "ada", password: password, address: "192.0.2.1")
        guard case .signedIn(_, let grant) = outcome else { throw TestFailure("\(outcome)") }
        return (grant.record.id, ["Cookie: agent_session=\(grant.secret)", "X-CSRF-Token: \(grant.csrfToken)"])
    }

    private static func end(_ id: String, _ cause: Cause, _ files: AccountFiles) throws {
        let others = try Accounts(files: files)
        switch cause {
        case .revoked: try others.tokens.file.revoke(id: id)
        case .expired: try others.tokens.file.change(id) { $0.expires = .now }
        case .rotated: _ = try others.tokens.file.rotate(id: id, overlap: .zero)
        case .session: try others.sessions.end { $0.id == id }
        case .disabled: try others.users.file.change("ada") { $0.disabled = .now }
        case .password: try others.users.file.setPassword("cloudy-thursday-lamp", of: "ada")
        case .lockdown: try others.lockdown.begin()
        }
    }

    @Test("An open stream ends, and the next request is refused", arguments: Cause.allCases)
    func ends(cause: Cause) async throws {
        try await Self.withFiles { files, accounts in
            let (id, fields) = try await Self.fields(accounts, cause)
            let (_, other) = try accounts.tokens.file.create(TokenRequest())
            try accounts.tokens.refresh()
            try await RunningServer.with(accounts: accounts) { server in
                let streams = [fields, ["Authorization: Bearer \(other.text)"]]
                var clients: [RawClient] = []
                for fields in streams {
                    let client = try await RawClient.connect(server.port)
                    try await client.send(Self.listen(fields))
                    clients.append(client)
                    while server.server.endpoint.streamCount < clients.count {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                }
                try Self.end(id, cause, files)
                // Returns when the stream has ended, and not before.
                let reply = await clients[0].reply()
                #expect(reply?.status == 200 && reply?.text.contains("acknowledged") == true)
                let refused = try await server.ask(RunningServer.query("SELECT 1", fields))
                #expect(refused?.status == 401)
                if cause != .lockdown {
                    let answered = try await server.ask(RunningServer.query("SELECT 1", streams[1]))
                    #expect(answered?.status == 200)
                    #expect(server.server.endpoint.streamCount == 1)
                }
                for client in clients { await client.close() }
            }
        }
    }

    @Test("A stream of events of the API ends as well; other answers are as they were")
    func api() async throws {
        let open = OpenStreams()
        let caller = AuthenticatedCaller(
            principal: Principal(id: "token:a", name: "a", scopes: [.read]), credential: .token(id: "a"))
        let plain = open.watched(Response(status: .ok, headers: [.contentType: "application/json"]), caller)
        #expect(plain.body.contentLength == 0)
        try await withObservedServer(metrics: ServerMetrics(), logger: LoggedLines().logger()) { router in
            router.get("events") { _, _ in
                open.watched(
                    Response(
                        status: .ok, headers: [.contentType: "text/event-stream"],
                        body: ResponseBody { writer in
                            try await writer.write(ByteBuffer(string: ": open\n\n"))
                            try await Task.sleep(for: .seconds(3600))
                        }), caller)
            }
        } _: { port in
            let client = try await RawClient.connect(port)
            try await client.send(RunningServer.request("GET", "/events"))
            while open.count == 0 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(open.end { caller, _ in caller.identity == "token:b" } == 0)
            #expect(open.end { caller, _ in caller.identity == "token:a" } == 1)
            _ = await client.untilClosed()
            #expect(open.count == 0)
            await client.close()
        }
    }
}
