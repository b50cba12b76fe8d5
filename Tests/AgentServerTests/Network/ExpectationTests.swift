import Testing

@testable import AgentServer

@Suite("Clients that wait to be told to send their body", .timeLimit(.minutes(5)))
struct ExpectationTests {
    /// The head of a query whose client waits, and the body.
    private static func waiting(
        _ sql: String = "SELECT 1", version: String = "1.1"
    ) -> (head: String, body: String) {
        let request = RunningServer.query(sql, ["Expect: 100-Continue"])
        let parts = request.split(separator: "\r\n\r\n", maxSplits: 1)
        return (parts[0].replacing("HTTP/1.1", with: "HTTP/" + version) + "\r\n\r\n", String(parts[1]))
    }

    @Test("A client that waits is told to go on, and answered")
    func told() async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            let (head, body) = Self.waiting()
            try await client.send(head)
            #expect(await client.reply()?.status == 100)
            try await client.send(body)
            #expect(await client.reply()?.status == 200)
            await client.close()
        }
    }

    @Test("Whose body would be too long is not asked for it, and has to connect anew")
    func tooLong() async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            let head = RunningServer.request(
                "POST", "/mcp",
                ["Content-Type: application/json", "Content-Length: 104857600", "Expect: 100-continue"])
            try await client.send(head)
            let reply = await client.reply()
            #expect(reply?.status == 413)
            #expect(reply?.fields["connection"] == "close")
            #expect(await client.untilClosed().isEmpty)
        }
    }

    @Test("A client that sends the body at once is answered at once")
    func impatient() async throws {
        try await RunningServer.with { server in
            let (head, body) = Self.waiting()
            let reply = try await server.ask(head + body)
            #expect(reply?.status == 200)
        }
    }

    @Test("HTTP/1.0 knows no interim answers")
    func old() async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            let (head, body) = Self.waiting(version: "1.0")
            try await client.send(head)
            // Longer than it takes to be told.
            try await Task.sleep(for: .milliseconds(200))
            #expect(!client.hasBytes)
            try await client.send(body)
            #expect(await client.reply()?.status == 200)
            await client.close()
        }
    }

    @Test("A request behind another one is told to go on when that one is answered")
    func pipelined() async throws {
        try await RunningServer.with { server in
            let client = try await RawClient.connect(server.port)
            let (head, body) = Self.waiting()
            try await client.send(RunningServer.request("GET", "/healthz") + head)
            #expect(await client.reply()?.status == 200)
            #expect(await client.reply()?.status == 100)
            try await client.send(body)
            #expect(await client.reply()?.status == 200)
            await client.close()
        }
    }
}
