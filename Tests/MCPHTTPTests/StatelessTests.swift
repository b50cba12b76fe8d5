@testable import MCPHTTP
import MCPProtocol
import Testing

@Suite("2026-07-28 over HTTP", .timeLimit(.minutes(3)))
struct StatelessTests {
    private static let version = ProtocolVersion.july2026

    @Test("Items 3, 8, 14: an answer without a notification is JSON, and fits the schema")
    func json() async throws {
        try await withServer { server async throws in
            let connection = try await server.connect()
            for (method, params) in [
                ("server/discover", [:]), ("tools/list", [:]), ("resources/list", [:]), ("prompts/list", [:]),
                ("resources/read", ["uri": "shop://0"]), ("prompts/get", ["name": "greet"]),
                ("tools/call", ["name": "echo", "arguments": ["a": 1]]),
            ] as [(String, JSONObject)] {
                // All on one connection: it stays good for the next request.
                try await connection.send(.modern(method, params, id: "x"))
                let reply = try await connection.reply()
                #expect(reply.status == 200, "\(method): \(reply.text)")
                #expect(reply.fields["content-type"] == "application/json")
                #expect(reply.fields["mcp-session-id"] == nil)
                #expect(reply.json?["id"] == "x")
                #expect(reply.json?["result"]?["resultType"] == "complete")
                #expect(problems(reply.messages, Self.version, answering: method) == [])
            }
            await connection.close()
        }
    }

    @Test("Item 1: ids come back as they went", arguments: ["\"a\"", "7", "-1", "123456789012345678901234567890"])
    func ids(id: String) async throws {
        try await withServer { server async throws in
            let reply = try await server.exchange(.modern("tools/list", id: try JSONValue.parse(id)))
            #expect(reply.json?["id"]?.description == id)
        }
    }

    @Test(
        "Items 1 and 2: what is no message is 400, without an id when none can be read",
        arguments: [
            ("[]", -32600), (#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, -32600), ("{", -32700), ("", -32700),
            ("\u{0}", -32700), ("7", -32600), (#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#, -32600),
            (#"{"jsonrpc":"1.0","method":"tools/list"}"#, -32600), (#"{"jsonrpc":"2.0","id":{}}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, -32600),
        ])
    func malformed(body: String, code: Int64) async throws {
        try await withServer { server async throws in
            for fields in [[("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")]] {
                let reply = try await server.exchange(.post(body, fields))
                #expect(reply.status == 400, "\(reply.text)")
                #expect(reply.json?["error"]?["code"] == .integer(code))
                #expect(reply.json?["id"] == nil)
                #expect(problems(reply.messages, Self.version, answering: nil) == [])
            }
        }
    }

    @Test("Bytes that are no UTF-8, and nesting without end, are 400")
    func hostile() async throws {
        try await withServer { server async throws in
            var request = WireRequest.modern("tools/list")
            request.body = Array(#"{"jsonrpc":"2.0","id":1,"method":""#.utf8) + [0xFF, 0xFE] + Array("\"}".utf8)
            #expect(try await server.exchange(request).status == 400)
            request.body = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
            #expect(try await server.exchange(request).json?["error"]?["code"] == -32700)
            #expect(try await server.exchange(.modern("tools/list")).status == 200)
        }
    }

    @Test("Item 6: metadata that is missing is -32602 and 400, whatever was said before")
    func metadata() async throws {
        try await withServer { server async throws in
            let connection = try await server.connect()
            try await connection.send(.modern("tools/list"))
            #expect(try await connection.reply().status == 200)
            let version = #""io.modelcontextprotocol/protocolVersion":"2026-07-28""#
            let capabilities = #""io.modelcontextprotocol/clientCapabilities":{}"#
            for meta in ["", #""_meta":{}"#, #""_meta":{\#(capabilities)}"#, #""_meta":{\#(version)}"#, #""_meta":7"#] {
                let body = #"{"jsonrpc":"2.0","id":9,"method":"tools/list","params":{\#(meta)}}"#
                try await connection.send(
                    .post(body, [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")]))
                let reply = try await connection.reply()
                #expect(reply.status == 400, "\(meta)")
                #expect(reply.json?["error"]?["code"] == -32602, "\(meta)")
                #expect(reply.json?["id"] == 9)
            }
            // The client may keep its name to itself.
            let anonymous = #""_meta":{\#(version),\#(capabilities)}"#
            try await connection.send(
                .post(
                    #"{"jsonrpc":"2.0","id":9,"method":"tools/list","params":{\#(anonymous)}}"#,
                    [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")]))
            #expect(try await connection.reply().status == 200)
            await connection.close()
        }
    }

    @Test("Item 7: a version that is not spoken is -32022 and 400, with those that are")
    func versions() async throws {
        try await withServer { server async throws in
            for version in ["2027-01-01", "v999", "2025-11-25"] {
                let message: JSONValue = [
                    "jsonrpc": "2.0", "id": 1, "method": "server/discover",
                    "params": [
                        "_meta": [
                            "io.modelcontextprotocol/protocolVersion": .string(version),
                            "io.modelcontextprotocol/clientCapabilities": [:],
                        ]
                    ],
                ]
                let fields = [("MCP-Protocol-Version", version), ("Mcp-Method", "server/discover")]
                let reply = try await server.exchange(.post(message.description, fields))
                #expect(reply.status == 400)
                #expect(reply.json?["error"]?["code"] == -32022)
                #expect(reply.json?["error"]?["data"]?["requested"] == .string(version))
                #expect(reply.json?["error"]?["data"]?["supported"]?[0] == "2026-07-28")
                #expect(problems(reply.messages, Self.version, answering: nil) == [])
            }
            // In the header alone as well.
            let reply = try await server.exchange(
                .post(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, [("MCP-Protocol-Version", "1999-01-01")]))
            #expect(reply.status == 400)
            #expect(reply.json?["error"]?["code"] == -32022)
        }
    }

    @Test("Item 9: a capability that was not declared is -32021 and 400")
    func capabilities() async throws {
        try await withServer { server async throws in
            for tool in ["sample", "ask"] {
                let reply = try await server.exchange(.call(tool))
                #expect(reply.status == 400)
                #expect(reply.json?["error"]?["code"] == -32021)
                #expect(reply.json?["error"]?["data"]?["requiredCapabilities"]?.object != nil)
                #expect(problems(reply.messages, Self.version, answering: nil) == [])
            }
        }
    }

    @Test(
        "Item 10: methods that are not there are -32601 and 404",
        arguments: [
            "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "no/such",
            "elicitation/create", "notifications/cancelled", "",
        ])
    func methods(method: String) async throws {
        try await withServer { server async throws in
            let reply = try await server.exchange(.modern(method))
            #expect(reply.status == 404, "\(reply.text)")
            #expect(reply.json?["error"]?["code"] == -32601)
            #expect(reply.json?["id"] == 1)
            #expect(problems(reply.messages, Self.version, answering: nil) == [])
        }
    }

    @Test("Items 4, 25 and 27: errors of the application have their status too")
    func statuses() async throws {
        try await withServer { server async throws in
            let unknown = try await server.exchange(.call("no_such_tool"))
            #expect(unknown.outcome == "400 -32602")
            let resource = try await server.exchange(.modern("resources/read", ["uri": "shop://9"]))
            #expect(resource.outcome == "400 -32602")
            // A failure inside is an answer, and says nothing of what failed.
            let secret = try await server.exchange(.call("secret"))
            #expect(secret.outcome == "200 -32603")
            #expect(!secret.text.contains("Secret"))
        }
    }

    @Test("Item 13: only POST; sessions and resumption mean nothing")
    func onlyPost() async throws {
        try await withServer { server async throws in
            for method in ["GET", "DELETE", "PUT", "PATCH", "OPTIONS"] {
                let reply = try await server.exchange(
                    .bare(method, [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Session-Id", "x")]))
                #expect(reply.status == 405, "\(method)")
                #expect(reply.fields["allow"] == "POST")
            }
            let reply = try await server.exchange(
                .modern("tools/list").adding("Mcp-Session-Id", "nonsense").adding("Last-Event-ID", "1-1"))
            #expect(reply.status == 200)
            #expect(reply.fields["mcp-session-id"] == nil)
            #expect(server.endpoint.sessionCount == 0)
        }
    }

    @Test("Items 14, 20 and 21: notifications of the request, then the answer, then the end")
    func stream() async throws {
        try await withServer { server async throws in
            let request = WireRequest.call("talk", meta: ["progressToken": "p"])
            let reply = try await server.exchange(request)
            #expect(reply.status == 200)
            #expect(reply.fields["content-type"] == "text/event-stream")
            #expect(reply.fields["x-accel-buffering"] == "no")
            #expect(reply.fields["cache-control"] == "no-cache, no-transform")
            let messages = reply.messages
            #expect(
                messages.map { $0["method"]?.string } == Array(repeating: "notifications/progress", count: 3) + [nil])
            #expect(messages.compactMap { $0["params"]?["progress"]?.int } == [1, 2, 3])
            #expect(messages.last?["result"]?["resultType"] == "complete")
            // Nobody can come back, so there is nothing to come back with.
            #expect(reply.events.allSatisfy { $0.id == nil && $0.retry == nil })
            #expect(problems(messages, Self.version, answering: "tools/call") == [])
            // Without a token there is no progress, and so no stream.
            #expect(try await server.exchange(.call("talk")).fields["content-type"] == "application/json")
            // A client that takes no stream gets the answer alone.
            let quiet = try await server.exchange(request.with("Accept", "application/json"))
            #expect(quiet.fields["content-type"] == "application/json")
            #expect(quiet.json?["result"] != nil)
        }
    }

    @Test("Item 14: a silent answer becomes a stream after a while, and is kept alive")
    func keepAlive() async throws {
        try await withServer(configuration: { $0.keepAliveInterval = .milliseconds(100) }) { server async throws in
            let connection = try await server.connect()
            try await connection.send(.call("wait", ["seconds": 3]))
            #expect(try await connection.head().fields["content-type"] == "text/event-stream")
            var comments = 0
            var answer: JSONValue?
            while let chunk = await connection.chunk() {
                if chunk == ServerSentEvent.keepAlive { comments += 1 } else { answer = try WireReply.message(chunk) }
            }
            #expect(comments >= 2)
            #expect(answer?["result"]?["content"]?[0]?["text"] == "waited")
            await connection.close()
        }
    }

    @Test("Item 15: a notification is 202 with an empty body")
    func notifications() async throws {
        try await withServer { server async throws in
            let body = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#
            let reply = try await server.exchange(.post(body, [("MCP-Protocol-Version", "2026-07-28")]))
            #expect(reply.bare == "202 0")
            let wrong = try await server.exchange(
                .post(body, [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")]))
            #expect(wrong.outcome == "400 -32020")
        }
    }

    @Test("Item 22: a subscription is a stream that begins with what is honoured and ends with a result")
    func subscriptions() async throws {
        try await withServer { server, shutDown async throws in
            let connection = try await server.connect()
            try await connection.send(
                .modern(
                    "subscriptions/listen",
                    [
                        "notifications": [
                            "toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["shop://0"],
                        ]
                    ],
                    id: "sub"))
            #expect(try await connection.head().fields["content-type"] == "text/event-stream")
            let acknowledged = await connection.message()
            #expect(acknowledged?["method"] == "notifications/subscriptions/acknowledged")
            #expect(
                acknowledged?["params"]?["notifications"] == [
                    "toolsListChanged": true, "resourceSubscriptions": ["shop://0"],
                ])
            let mcp = server.endpoint.server
            mcp.promptsChanged()
            mcp.resourceUpdated("shop://1")
            mcp.toolsChanged()
            let changed = await connection.message()
            #expect(changed?["method"] == "notifications/tools/list_changed")
            mcp.resourceUpdated("shop://0")
            let updated = await connection.message()
            #expect(updated?["params"]?["uri"] == "shop://0")
            #expect(server.endpoint.streamCount == 1)
            #expect(server.endpoint.requestCount == 0)
            let ending = Task { await shutDown() }
            let result = await connection.message()
            #expect(result?["result"]?["resultType"] == "complete")
            let all = [acknowledged, changed, updated, result].compactMap { $0 }
            for message in all {
                let meta = message["params"]?["_meta"] ?? message["result"]?["_meta"]
                #expect(meta?["io.modelcontextprotocol/subscriptionId"] == "sub")
            }
            #expect(await connection.message() == nil)
            #expect(problems(all, Self.version, answering: "subscriptions/listen") == [])
            await connection.close()
            await ending.value
        }
    }

    @Test("Items 29 and 30: questions come as a result, and the answers with the next request")
    func rounds() async throws {
        try await withServer { server async throws in
            let can: JSONValue = ["elicitation": [:]]
            let asked = try await server.exchange(.call("ask", capabilities: can))
            #expect(asked.json?["result"]?["resultType"] == "input_required")
            let state = try #require(asked.json?["result"]?["requestState"])
            var params: JSONObject = [
                "name": "ask", "arguments": [:], "requestState": state,
                "inputResponses": ["who": ["action": "accept", "content": ["name": "Bo"]]],
            ]
            let done = try await server.exchange(.modern("tools/call", params, id: 2, capabilities: can))
            #expect(done.json?["result"]?["content"]?[0]?["text"] == "Hello Bo")
            params["requestState"] = .string((state.string ?? "") + "-TAMPERED")
            let tampered = try await server.exchange(.modern("tools/call", params, id: 3, capabilities: can))
            #expect(tampered.outcome == "400 -32602")
            #expect(problems(asked.messages + done.messages, Self.version, answering: "tools/call") == [])
        }
    }
}

extension WireReply {
    /// The message of one event in a piece of a stream.
    static func message(_ piece: [UInt8]) throws -> JSONValue? {
        WireReply(status: 200, fields: ["content-type": "text/event-stream"], body: piece).messages.first
    }
}
