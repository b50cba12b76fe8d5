@testable import MCPHTTP
import MCPProtocol
import Testing

@Suite("Item 36: who asks", .timeLimit(.minutes(3)))
struct CallerTests {
    @Test("Without a token 401 without an error, with a wrong one invalid_token, before the body is read")
    func challenges() async throws {
        try await withServer(caller: tokenCaller) { server async throws in
            let none = try await server.exchange(.call("who"))
            #expect(none.status == 401 && none.fields["www-authenticate"] == "Bearer")
            let wrong = try await server.exchange(.call("who").adding("Authorization", "Bearer wrong"))
            #expect(wrong.status == 401 && wrong.fields["www-authenticate"] == #"Bearer error="invalid_token""#)
            #expect(!wrong.text.contains("wrong"))
            for method in ["GET", "DELETE"] {
                #expect(try await server.exchange(.bare(method)).status == 401)
            }
            let connection = try await server.connect()
            try await connection.send(WireRequest.call("who").adding("Content-Length", "1000000"))
            #expect(try await connection.head().status == 401)
            await connection.close()
            let good = try await server.exchange(.call("who").adding("Authorization", "Bearer anna"))
            #expect(good.json?["result"]?["content"]?[0]?["text"] == "anna")
            #expect(problems(none.messages, .july2026, answering: nil) == [])
        }
    }

    @Test("A caller without the scope gets 403 with all scopes that the request needs, in both eras")
    func scopes() async throws {
        try await withServer(
            configuration: {
                $0.authorize = { caller, request in
                    guard request.params?["name"] == "echo", caller.identity != "admin" else { return nil }
                    return .insufficientScope(["read", "write"])
                }
            }, caller: tokenCaller
        ) { server async throws in
            let refused = try await server.exchange(.call("echo", id: 5).adding("Authorization", "Bearer anna"))
            #expect(refused.status == 403)
            #expect(refused.fields["www-authenticate"] == #"Bearer error="insufficient_scope", scope="read write""#)
            #expect(refused.json?["id"] == 5)
            #expect(try await server.exchange(.call("who").adding("Authorization", "Bearer anna")).status == 200)
            #expect(try await server.exchange(.call("echo").adding("Authorization", "Bearer admin")).status == 200)
            let session = try await Session.open(server, token: "anna")
            #expect(try await session.send(Session.call("echo")).status == 403)
            #expect(try await session.send(Session.call("who")).status == 200)
        }
    }

    @Test("Streams and sessions of a caller who is not heard any more end, and only those")
    func ended() async throws {
        try await withServer(caller: tokenCaller) { server async throws in
            func listen(_ token: String) async throws -> RawConnection {
                let connection = try await server.connect()
                try await connection.send(
                    .modern("subscriptions/listen", ["notifications": ["toolsListChanged": true]])
                        .adding("Authorization", "Bearer \(token)"))
                #expect(try await connection.head().status == 200)
                #expect(await connection.message() != nil)
                return connection
            }
            let (anna, bob) = (try await listen("anna"), try await listen("bob"))
            let talking = try await server.connect()
            try await talking.send(
                .call("talk", ["pause": 60], meta: ["progressToken": 1]).adding("Authorization", "Bearer anna"))
            await server.service.log.wait(for: "pausing")
            let session = try await Session.open(server, token: "anna")
            let other = try await Session.open(server, token: "bob")
            let stream = try await server.connect()
            try await stream.send(
                .bare(
                    "GET",
                    [
                        ("Mcp-Session-Id", session.id), ("MCP-Protocol-Version", session.version),
                        ("Authorization", "Bearer anna"),
                    ]))
            #expect(try await stream.head().status == 200)
            #expect(server.endpoint.endCallers { caller, _ in caller.identity == "anna" } > 0)
            for connection in [anna, talking, stream] { await connection.untilClosed() }
            await server.service.log.wait(for: "cancelled")
            #expect(try await session.send(Session.call("who")).status == 404)
            #expect(try await other.send(Session.call("who")).status == 200)
            while server.endpoint.streamCount > 1 { try await Task.sleep(for: .milliseconds(5)) }
            server.endpoint.server.toolsChanged()
            #expect(await bob.message()?["method"] == "notifications/tools/list_changed")
            #expect(server.endpoint.endCallers { _, age in age < .seconds(-1) } == 0)
            await bob.close()
        }
    }
}
