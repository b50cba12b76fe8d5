@testable import MCPHTTP
import MCPProtocol
import Testing

@Suite("Items 16 to 18: headers", .timeLimit(.minutes(3)))
struct HeaderTests {
    @Test(
        "Item 17: what the header says is what the body says",
        arguments: [
            ("MCP-Protocol-Version", nil), ("MCP-Protocol-Version", "2025-11-25"),
            ("MCP-Protocol-Version", "2026-07-29"),
            ("Mcp-Method", nil), ("Mcp-Method", "tools/list"), ("Mcp-Method", "TOOLS/CALL"), ("Mcp-Method", ""),
            ("Mcp-Name", nil), ("Mcp-Name", "other"), ("Mcp-Name", "Echo"), ("Mcp-Name", "=?base64?!?="),
            ("Mcp-Name", "=?base64?b3RoZXI=?="),
        ] as [(String, String?)])
    func mismatch(name: String, value: String?) async throws {
        try await withServer { server async throws in
            let reply = try await server.exchange(.call("echo").with(name, value))
            #expect(reply.status == 400, "\(reply.text)")
            #expect(reply.json?["error"]?["code"] == -32020)
            #expect(reply.json?["id"] == 1)
            #expect(problems(reply.messages, .july2026, answering: nil) == [])
        }
    }

    @Test("Item 17: two values of a header are none")
    func doubled() async throws {
        try await withServer { server async throws in
            for (name, value) in [
                ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "echo"),
            ] {
                let reply = try await server.exchange(.call("echo").adding(name, value))
                #expect(reply.json?["error"]?["code"] == -32020, "\(name)")
            }
        }
    }

    @Test("Item 17: names in any case, values trimmed and decoded")
    func accepted() async throws {
        try await withServer { server async throws in
            for (name, value) in [
                ("mcp-method", "tools/call"), ("MCP-METHOD", "  tools/call\t"), ("MCP-NAME", "echo "),
                ("mcp-name", "=?base64?ZWNobw==?="), ("mcp-PROTOCOL-version", " 2026-07-28 "),
            ] {
                let reply = try await server.exchange(.call("echo").with(name, value))
                #expect(reply.status == 200, "\(name): \(value): \(reply.text)")
            }
            let resource = try await server.exchange(
                .modern("resources/read", ["uri": "shop://0"]).with("Mcp-Name", "shop://1"))
            #expect(resource.json?["error"]?["code"] == -32020)
            // Other methods have no name.
            #expect(try await server.exchange(.modern("tools/list").adding("Mcp-Name", "x")).status == 200)
        }
    }

    @Test("Item 18: arguments that a tool wants in headers agree with them")
    func parameters() async throws {
        try await withServer { server async throws in
            let call = WireRequest.call("routed", ["region": "Zürich", "count": 42])
            let good = call.adding("Mcp-Param-Region", HeaderValue.encode("Zürich"))
            #expect(try await server.exchange(good.adding("Mcp-Param-Count", "42")).status == 200)
            #expect(try await server.exchange(good.adding("mcp-param-count", "42.0")).status == 200)
            for bad in [
                call, good, good.adding("Mcp-Param-Count", "43"),
                good.adding("Mcp-Param-Count", "42").adding("Mcp-Param-Count", "42"),
                call.adding("Mcp-Param-Region", "Bern").adding("Mcp-Param-Count", "42"),
                WireRequest.call("routed").adding("Mcp-Param-Region", "eu"),
                call.adding("Mcp-Param-Region", "=?base64?!?=").adding("Mcp-Param-Count", "42"),
            ] {
                let reply = try await server.exchange(bad)
                #expect(reply.outcome == "400 -32020", "\(reply.text)")
            }
            #expect(try await server.exchange(.call("routed")).status == 200)
            #expect(try await server.exchange(.call("routed", ["region": .null])).status == 200)
            // A header that no tool asked for means nothing.
            #expect(try await server.exchange(.call("echo", ["a": 1]).adding("Mcp-Param-A", "2")).status == 200)
            // An unknown tool says so itself.
            #expect(try await server.exchange(.call("nope", ["a": 1])).json?["error"]?["code"] == -32602)
        }
    }

    @Test(
        "Item 16: hosts and origins of others are 403, in both eras and for every method",
        arguments: [
            ("Host", "evil.example.com"), ("Host", "localhost.evil.example.com"),
            ("Origin", "https://evil.example.com"),
            ("Origin", "null"), ("Origin", "http://127.0.0.1.evil.example.com"),
        ])
    func addresses(name: String, value: String) async throws {
        try await withServer { server async throws in
            let initialize = WireRequest.session(nil, Session.initializeMessage("2025-11-25"), version: nil)
            for request in [.call("echo"), initialize, .bare("GET"), .bare("DELETE"), .bare("OPTIONS")] {
                let reply = try await server.exchange(request.with(name, value))
                #expect(reply.status == 403, "\(request.method)")
            }
            #expect(server.endpoint.sessionCount == 0)
        }
    }

    @Test("Item 16: this machine is allowed, and who is on the lists")
    func allowed() async throws {
        try await withServer(configuration: {
            $0.allowedHosts = ["agent.example.com"]
            $0.allowedOrigins = ["https://app.example.com"]
        }) { server async throws in
            for (name, value) in [
                ("Host", "localhost:\(server.port)"), ("Host", "[::1]:\(server.port)"), ("Host", "agent.example.com"),
                ("Origin", "http://localhost:3000"), ("Origin", "https://app.example.com"),
            ] {
                #expect(try await server.exchange(.call("echo").with(name, value)).status == 200, "\(value)")
            }
            #expect(try await server.exchange(.call("echo").with("Host", nil)).status == 400)
        }
    }

    @Test("Content that is not JSON is 415, and who takes no JSON gets 406")
    func negotiation() async throws {
        try await withServer { server async throws in
            for type in [nil, "text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded"] {
                #expect(try await server.exchange(.call("echo").with("Content-Type", type)).status == 415)
            }
            #expect(try await server.exchange(.call("echo").adding("Content-Encoding", "gzip")).status == 415)
            for accept in ["text/html", "text/event-stream", "application/json;q=0"] {
                #expect(try await server.exchange(.call("echo").with("Accept", accept)).status == 406, "\(accept)")
            }
            for accept in [
                nil, "*/*", "application/*, text/*", "text/event-stream;q=0.9, application/json;charset=utf-8",
            ] {
                #expect(try await server.exchange(.call("echo").with("Accept", accept)).status == 200)
            }
            // Older clients have to take both.
            let initialize = WireRequest.session(nil, Session.initializeMessage("2025-11-25"), version: nil)
            #expect(try await server.exchange(initialize.with("Accept", "application/json")).status == 406)
        }
    }

    @Test("Large bodies are 413, large heads 431, and shapes that smuggle are refused")
    func limits() async throws {
        try await withServer(options: { $0.maximumMessageBytes = 10_000 }) { server async throws in
            let large = JSONValue.string(String(repeating: "x", count: 20_000))
            #expect(try await server.exchange(.call("echo", ["a": large])).status == 413)
            var chunked = WireRequest.call("echo").adding("Transfer-Encoding", "chunked")
            let piece = "1000\r\n" + String(repeating: "x", count: 0x1000) + "\r\n"
            chunked.body = Array((String(repeating: piece, count: 5) + "0\r\n\r\n").utf8)
            #expect(try await server.exchange(chunked).status == 413)
            // Only said to be large: nothing of it is waited for.
            let connection = try await server.connect()
            try await connection.send(WireRequest.call("echo").adding("Content-Length", "100000000"))
            #expect(try await connection.head().status == 413)
            await connection.close()

            let many = (0..<200).map { ("X-Field-\($0)", "x") }
            var request = WireRequest.call("echo")
            request.fields += many
            #expect(try await server.exchange(request).status == 431)
            let long = WireRequest.call("echo").adding("X-Long", String(repeating: "x", count: 40_000))
            #expect(try await server.exchange(long).status == 431)

            for fields in [
                [("Content-Length", "5"), ("Content-Length", "6")], [("Content-Length", "5, 6")],
                [("Content-Length", "+5")], [("Transfer-Encoding", "chunked, identity")],
                [("Content-Length", "5"), ("Transfer-Encoding", "xchunked")],
            ] {
                var request = WireRequest.call("echo")
                request.fields += fields
                let connection = try await server.connect()
                try await connection.send(request)
                let reply = try? await connection.head()
                // Refused, or the connection ended; never an answer.
                #expect((400..<500).contains(reply?.status ?? 400), "\(fields): \(String(describing: reply?.status))")
                await connection.close()
            }
            #expect(try await server.exchange(.call("echo")).status == 200)
        }
    }
}
