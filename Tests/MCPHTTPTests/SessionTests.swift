@testable import MCPHTTP
import MCPProtocol
import Testing

/// A session of an older client.
struct Session: Sendable {
    let server: TestServer
    let id: String
    let version: String
    var token: String?

    static func initializeMessage(_ version: String, capabilities: JSONValue = [:]) -> JSONValue {
        [
            "jsonrpc": "2.0", "id": "init", "method": "initialize",
            "params": [
                "protocolVersion": .string(version), "capabilities": capabilities,
                "clientInfo": ["name": "raw", "version": "0"],
            ],
        ]
    }

    static func open(
        _ server: TestServer, _ version: String = "2025-11-25", capabilities: JSONValue = [:], token: String? = nil
    ) async throws -> Session {
        var request = WireRequest.session(nil, initializeMessage(version, capabilities: capabilities), version: nil)
        if let token { request = request.adding("Authorization", "Bearer \(token)") }
        let reply = try await server.exchange(request)
        #expect(reply.status == 200, "\(reply.text)")
        let session = Session(
            server: server, id: try #require(reply.fields["mcp-session-id"]), version: version, token: token)
        let done = try await session.send(["jsonrpc": "2.0", "method": "notifications/initialized"])
        #expect(done.bare == "202 0")
        return session
    }

    func request(_ message: JSONValue) -> WireRequest {
        let request = WireRequest.session(id, message, version: version)
        return token.map { request.adding("Authorization", "Bearer \($0)") } ?? request
    }

    func send(_ message: JSONValue) async throws -> WireReply { try await server.exchange(request(message)) }

    static func call(_ tool: String, _ arguments: JSONObject = [:], id: JSONValue = 1, meta: JSONObject = [:])
        -> JSONValue
    {
        var params: JSONObject = ["name": .string(tool), "arguments": .object(arguments)]
        if !meta.isEmpty { params["_meta"] = .object(meta) }
        return ["jsonrpc": "2.0", "id": id, "method": "tools/call", "params": .object(params)]
    }

    func get(after last: String? = nil) async throws -> (RawConnection, WireReply) {
        let connection = try await server.connect()
        var request = WireRequest.bare("GET", [("Mcp-Session-Id", id), ("MCP-Protocol-Version", version)])
        if let last { request = request.adding("Last-Event-ID", last) }
        try await connection.send(request)
        return (connection, try await connection.head())
    }
}

@Suite("Items 13, 31, 33 to 35: sessions of older clients", .timeLimit(.minutes(3)))
struct SessionTests {
    @Test(
        "Item 33: the version is echoed where it is spoken over HTTP, else the newest of the era",
        arguments: [
            ("2025-11-25", "2025-11-25"), ("2025-06-18", "2025-06-18"), ("2025-03-26", "2025-03-26"),
            ("2024-11-05", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("x", "2025-11-25"),
        ])
    func versions(asked: String, given: String) async throws {
        try await withServer { server async throws in
            let reply = try await server.exchange(.session(nil, Session.initializeMessage(asked), version: nil))
            #expect(reply.json?["result"]?["protocolVersion"] == .string(given))
            let id = try #require(reply.fields["mcp-session-id"])
            #expect(id.utf8.count >= 32 && id.utf8.allSatisfy { (0x21...0x7E).contains($0) })
            let version = try #require(ProtocolVersion(given))
            #expect(problems(reply.messages, version, answering: "initialize") == [])
        }
    }

    @Test("Items 33 and 35: a session's answers have the forms of its revision")
    func forms() async throws {
        try await withServer { server async throws in
            for name in ["2025-11-25", "2025-06-18", "2025-03-26"] {
                let session = try await Session.open(server, name)
                let version = try #require(ProtocolVersion(name))
                for (method, params) in [
                    ("ping", [:]), ("tools/list", [:]), ("prompts/list", [:]), ("resources/read", ["uri": "shop://0"]),
                    ("logging/setLevel", ["level": "error"]), ("resources/subscribe", ["uri": "shop://0"]),
                ] as [(String, JSONObject)] {
                    let reply = try await session.send(
                        ["jsonrpc": "2.0", "id": 5, "method": .string(method), "params": .object(params)])
                    #expect(reply.status == 200)
                    #expect(reply.json?["result"]?["resultType"] == nil)
                    #expect(problems(reply.messages, version, answering: method) == [])
                }
                // JSON-RPC errors are answers there.
                let unknown = try await session.send(["jsonrpc": "2.0", "id": 6, "method": "server/discover"])
                #expect(unknown.outcome == "200 -32601")
                let resource = try await session.send(
                    ["jsonrpc": "2.0", "id": 7, "method": "resources/read", "params": ["uri": "shop://9"]])
                #expect(resource.json?["error"]?["code"] == -32002)
            }
        }
    }

    @Test("Item 34: a missing session is 400, an unknown or ended one 404; DELETE ends it")
    func missing() async throws {
        try await withServer { server async throws in
            let session = try await Session.open(server)
            let ping: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "ping"]
            #expect(try await server.exchange(.session(nil, ping)).status == 400)
            #expect(try await server.exchange(.session("unknown", ping)).status == 404)
            #expect(try await server.exchange(.session("", ping)).status == 404)
            #expect(try await server.exchange(session.request(ping).adding("Mcp-Session-Id", session.id)).status == 400)
            for method in ["GET", "DELETE"] {
                #expect(try await server.exchange(.bare(method)).status == 400)
                #expect(try await server.exchange(.bare(method, [("Mcp-Session-Id", "unknown")])).status == 404)
            }
            #expect(try await session.send(Session.initializeMessage("2025-11-25")).json?["error"]?["code"] == -32600)
            let (stream, head) = try await session.get()
            #expect(head.status == 200)
            #expect(server.endpoint.sessionCount == 1)
            let ended = try await server.exchange(.bare("DELETE", [("Mcp-Session-Id", session.id)]))
            #expect(ended.bare == "204 0")
            // Its stream ends with it.
            while await stream.event() != nil {}
            #expect(try await session.send(ping).status == 404)
            #expect(try await server.exchange(.bare("DELETE", [("Mcp-Session-Id", session.id)])).status == 404)
            #expect(server.endpoint.sessionCount == 0)
        }
    }

    @Test("Item 34: without a version header the negotiated one counts; one that does not exist is 400")
    func versionHeader() async throws {
        try await withServer { server async throws in
            let session = try await Session.open(server, "2025-06-18")
            let ping: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "ping"]
            #expect(try await server.exchange(.session(session.id, ping, version: nil)).status == 200)
            let wrong = try await server.exchange(.session(session.id, ping, version: "1999-01-01"))
            #expect(wrong.outcome == "400 -32022")
            for method in ["GET", "DELETE"] {
                let request = WireRequest.bare(
                    method, [("Mcp-Session-Id", session.id), ("MCP-Protocol-Version", "1999-01-01")])
                #expect(try await server.exchange(request).status == 400)
            }
            #expect(server.endpoint.sessionCount == 1)
        }
    }

    @Test("Item 34: a session is its owner's alone")
    func ownership() async throws {
        try await withServer(caller: tokenCaller) { server async throws in
            let session = try await Session.open(server, token: "anna")
            let call = Session.call("who")
            #expect(try await session.send(call).json?["result"]?["content"]?[0]?["text"] == "anna")
            var stolen = session
            stolen.token = "eve"
            #expect(try await stolen.send(call).status == 404)
            for method in ["GET", "DELETE"] {
                let request = WireRequest.bare(
                    method, [("Mcp-Session-Id", session.id), ("Authorization", "Bearer eve")])
                #expect(try await server.exchange(request).status == 404)
            }
            #expect(try await session.send(call).status == 200)
        }
    }

    @Test("Item 34: sessions are capped, altogether and for each caller, and expire")
    func caps() async throws {
        try await withServer(
            configuration: {
                $0.sessions.maximum = 5
                $0.sessions.maximumPerCaller = 3
            }, caller: tokenCaller
        ) { server async throws in
            let ping: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "ping"]
            var own: [Session] = []
            for _ in 0..<4 { own.append(try await Session.open(server, token: "anna")) }
            // The one that was idle the longest gave way.
            #expect(try await own[0].send(ping).status == 404)
            #expect(try await own[3].send(ping).status == 200)
            for _ in 0..<2 { _ = try await Session.open(server, token: "bob") }
            let refused = try await server.exchange(
                .session(nil, Session.initializeMessage("2025-11-25"), version: nil).adding(
                    "Authorization", "Bearer eve"))
            #expect(refused.status == 503 && refused.fields["retry-after"] == "1")
            #expect(server.endpoint.sessionCount == 5)
        }
        try await withServer(configuration: { $0.sessions.idleLifetime = .zero }) { server async throws in
            let reply = try await server.exchange(.session(nil, Session.initializeMessage("2025-11-25"), version: nil))
            let id = try #require(reply.fields["mcp-session-id"])
            #expect(
                try await server.exchange(.session(id, ["jsonrpc": "2.0", "id": 1, "method": "ping"])).status == 404)
            #expect(server.endpoint.sessionCount == 0)
        }
    }

    @Test("Ten thousand sessions leave nothing behind when they have ended")
    func manySessions() async throws {
        try await withServer(configuration: {
            $0.sessions.maximum = 20_000
            $0.sessions.maximumPerCaller = 20_000
        }) { server async throws in
            let connection = try await server.connect()
            for _ in 0..<10_000 {
                try await connection.send(.session(nil, Session.initializeMessage("2025-11-25"), version: nil))
                _ = try await connection.reply()
            }
            #expect(server.endpoint.sessionCount == 10_000)
            server.endpoint.endSessions()
            #expect(server.endpoint.sessionCount == 0)
            await connection.close()
        }
    }

    @Test("Item 1: 2025-03-26 has batches, later revisions answer them with -32600 and 400")
    func batches() async throws {
        try await withServer { server async throws in
            let batch: JSONValue = [
                ["jsonrpc": "2.0", "id": 1, "method": "ping"], ["jsonrpc": "2.0", "method": "notifications/x"],
                ["jsonrpc": "2.0", "id": 2, "method": "tools/list"], ["jsonrpc": "2.0", "id": .null, "method": "x"], 7,
            ]
            let session = try await Session.open(server, "2025-03-26")
            let reply = try await session.send(batch)
            #expect(reply.status == 200)
            #expect(Set((reply.json?.array ?? []).map { $0["id"]?.description ?? "none" }) == ["1", "2", "none"])
            #expect(reply.json?.array?.count == 4)
            let quiet = try await session.send([["jsonrpc": "2.0", "method": "notifications/x"]])
            #expect(quiet.bare == "202 0")
            for version in ["2025-06-18", "2025-11-25"] {
                let later = try await Session.open(server, version)
                let refused = try await later.send(batch)
                #expect(refused.outcome == "400 -32600")
            }
            let none = try await server.exchange(.session(nil, batch))
            #expect(none.outcome == "400 -32600")
        }
    }

    @Test("Item 31: the person is asked on the stream of the call, and answers with a POST")
    func elicitation() async throws {
        try await withServer { server async throws in
            for name in ["2025-11-25", "2025-06-18"] {
                let session = try await Session.open(server, name, capabilities: ["elicitation": [:]])
                let connection = try await server.connect()
                try await connection.send(session.request(Session.call("ask", id: "call")))
                #expect(try await connection.head().fields["content-type"] == "text/event-stream")
                let question = try #require(await connection.message())
                #expect(question["method"] == "elicitation/create")
                let answer: JSONValue = ["action": "accept", "content": ["name": "Bo"]]
                let taken = try await session.send(["jsonrpc": "2.0", "id": question["id"] ?? .null, "result": answer])
                #expect(taken.bare == "202 0")
                let result = try #require(await connection.message())
                #expect(result["id"] == "call")
                #expect(result["result"]?["content"]?[0]?["text"] == "Hello Bo")
                #expect(await connection.event() == nil)
                let version = try #require(ProtocolVersion(name))
                #expect(problems([question, result], version, answering: "tools/call") == [])
                await connection.close()
            }
        }
    }

    @Test("Item 34: streams begin with an event to come back to, and are replayed from where they broke")
    func replay() async throws {
        try await withServer { server async throws in
            let session = try await Session.open(server)
            let connection = try await server.connect()
            try await connection.send(
                session.request(Session.call("talk", ["pause": 0.3], id: "call", meta: ["progressToken": 1])))
            #expect(try await connection.head().status == 200)
            let priming = try #require(await connection.event())
            #expect(priming.data == [])
            #expect(priming.retry == 1000)
            let start = try #require(priming.id)
            let first = try #require(await connection.event())
            #expect(first.id != nil && first.id != start)
            // Gone in the middle: the call goes on, and its end is there for who comes back.
            await connection.close()
            await server.service.log.wait(for: "talked")
            #expect(!server.service.log.events.contains("cancelled"))
            let (again, head) = try await session.get(after: first.id)
            #expect(head.status == 200)
            var rest: [JSONValue] = []
            while let message = await again.message() { rest.append(message) }
            #expect(rest.compactMap { $0["params"]?["progress"]?.int } == [2, 3])
            #expect(rest.last?["id"] == "call")
            // From the start of it as well; another stream's messages are not in it.
            let (whole, _) = try await session.get(after: start)
            var all: [JSONValue] = []
            while let message = await whole.message() { all.append(message) }
            #expect(all.count == 4)
            for bad in ["nonsense", "99-1", "1-99", "-1", "1-", "1-1-1", String(repeating: "1", count: 100)] {
                #expect(try await session.get(after: bad).1.status == 400, "\(bad)")
            }
            #expect(problems(all, .november2025, answering: "tools/call") == [])
        }
    }

    @Test("Item 34: a request may let go of its connection; revisions before 2025-11-25 get no priming event")
    func release() async throws {
        try await withServer { server async throws in
            let session = try await Session.open(server)
            let reply = try await session.server.exchange(
                session.request(Session.call("release", ["until": "seen"], id: "call")))
            #expect(reply.isStream)
            #expect(reply.messages.isEmpty)
            server.service.log.add("seen")
            let id = try #require(reply.events.first?.id)
            let (again, _) = try await session.get(after: id)
            #expect(await again.message()?["result"]?["content"]?[0]?["text"] == "released")

            let older = try await Session.open(server, "2025-06-18")
            let stream = try await older.send(Session.call("talk", meta: ["progressToken": 1]))
            #expect(stream.events.allSatisfy { $0.data?.isEmpty == false })
            #expect(stream.events.allSatisfy { $0.id != nil })
        }
    }

    @Test("Items 13 and 35: changes go over the GET stream, once, also to who comes back")
    func changes() async throws {
        try await withServer { server async throws in
            let session = try await Session.open(server)
            _ = try await session.send(
                ["jsonrpc": "2.0", "id": 1, "method": "resources/subscribe", "params": ["uri": "shop://0"]])
            let mcp = server.endpoint.server
            let (connection, head) = try await session.get()
            #expect(head.fields["content-type"] == "text/event-stream")
            #expect(await connection.event()?.id == "0-0")
            mcp.toolsChanged()
            mcp.resourceUpdated("shop://1")
            let changed = try #require(await connection.event())
            #expect(try JSONValue.parse(changed.data ?? [])["method"] == "notifications/tools/list_changed")
            await connection.close()
            mcp.resourceUpdated("shop://0")
            let (again, _) = try await session.get(after: changed.id)
            let updated = try #require(await again.message())
            #expect(updated["params"]?["uri"] == "shop://0")
            #expect(problems([updated], .november2025, answering: nil) == [])
            // A second stream takes over from the first one.
            let (third, _) = try await session.get()
            while await again.event() != nil {}
            mcp.toolsChanged()
            #expect(await third.message()?["method"] == "notifications/tools/list_changed")
            await third.close()
        }
    }

    @Test("A request is cancelled by a notification, and nothing more is said about it")
    func cancellation() async throws {
        try await withServer { server async throws in
            let session = try await Session.open(server)
            let connection = try await server.connect()
            try await connection.send(session.request(Session.call("wait", id: 7)))
            await server.service.log.wait(for: "started")
            let double = try await session.send(Session.call("echo", id: 7))
            #expect(double.json?["error"]?["code"] == -32600)
            _ = try await session.send(
                ["jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": 7]])
            await server.service.log.wait(for: "cancelled")
            let reply = try await connection.reply()
            #expect(reply.messages.isEmpty)
            #expect(try await session.send(Session.call("echo", id: 7)).status == 200)
            await connection.close()
        }
    }
}
