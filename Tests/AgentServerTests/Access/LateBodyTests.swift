import AuthTokens
import TestSupport
import Testing

@testable import AgentServer

@Suite("Callers who hold the body back", .timeLimit(.minutes(3)))
struct LateBodyTests {
    /// Where a request goes.
    enum Kind: String, CaseIterable, Sendable {
        case mcp, query

        func request(_ token: String) -> String {
            let field = "Authorization: Bearer \(token)"
            switch self {
            case .mcp: return RunningServer.query("SELECT 40 + 2 AS n", [field])
            case .query:
                return RunningServer.request(
                    "POST", "/api/v1/query", [field, "Content-Type: application/json"],
                    body: #"{"sql":"SELECT 40 + 2 AS n"}"#)
            }
        }
    }

    @Test("A token that is revoked before the body is there is refused", arguments: Kind.allCases, [true, false])
    func revoked(kind: Kind, isRevoked: Bool) async throws {
        try await withFolder { folder in
            let files = AccountFiles(tokens: folder + "/tokens.yaml", users: folder + "/users.yaml", state: folder)
            let accounts = try Accounts(files: files)
            let created = try accounts.tokens.file.create(TokenRequest())
            try accounts.tokens.refresh()
            try await RunningServer.with(accounts: accounts) { server in
                let request = kind.request(created.token.text)
                let client = try await RawClient.connect(server.port)
                try await client.send(String(request.dropLast(5)))
                // The first decision has let it in; then longer than what counts as at once.
                while accounts.tokens.lastUses[created.record.id] == nil {
                    try await Task.sleep(for: .milliseconds(5))
                }
                try await Task.sleep(for: .milliseconds(1500))
                if isRevoked {
                    _ = try accounts.tokens.file.revoke(id: created.record.id)
                    try accounts.tokens.refresh()
                }
                try await client.send(String(request.suffix(5)))
                let reply = await client.reply()
                #expect(reply?.status == (isRevoked ? 401 : 200))
                #expect(reply?.text.contains("42") == !isRevoked)
                await client.close()
            }
        }
    }
}
