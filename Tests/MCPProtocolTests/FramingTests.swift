import MCPProtocol
import TestSupport
import Testing

@Suite("Items 1 to 5: messages")
struct FramingTests {
    @Test(
        "An id comes back as it came",
        arguments: [
            "1", "0", "-5", "\"a\"", "\"\"", "\"1\"", "9007199254740993", "9223372036854775808",
            "123456789012345678901234567890",
        ])
    func echoedID(id: String) async throws {
        let client = RawClient()
        try client.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"ping"}"#)
        let answer = await client.next()
        #expect(answer["id"]?.description == id)
        #expect(answer["result"] == [:])
        await client.finish()
    }

    @Test(
        "A bad message is answered without an id, and the connection lives on",
        arguments: [
            ("{", -32700), ("nonsense", -32700), ("{\"a\":1,\"a\":2}", -32700), ("1", -32600), ("\"x\"", -32600),
            ("null", -32600), ("{}", -32600), ("[]", -32600),
            (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
            (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1e3,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","method":5}"#, -32600), (#"{"jsonrpc":"2.0","result":{}}"#, -32600),
        ])
    func withoutID(text: String, code: Int) async throws {
        let client = RawClient()
        let answer = try await client.exchange(text)
        #expect(answer["error"]?["code"]?.int == code)
        #expect(answer.object?.keys.contains("id") == false)
        let next = try await client.exchange(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
        #expect(next["result"] == [:])
        await client.finish()
    }

    @Test(
        "A bad message whose id can be read is answered with it",
        arguments: [
            (#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, -32600), (#"{"id":7,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":7,"method":null}"#, -32600), (#"{"jsonrpc":"2.0","id":7}"#, -32600),
            (#"{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}"#, -32600),
            (#"{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":""}}"#, -32600),
            (#"{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}"#, -32602),
            (#"{"jsonrpc":"2.0","id":7,"method":"ping","params":null}"#, -32602),
            (#"{"jsonrpc":"2.0","id":7,"method":"nope"}"#, -32601),
            (#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#, -32600),
        ])
    func withID(text: String, code: Int) async throws {
        let client = RawClient()
        let answer = try await client.exchange(text)
        #expect(answer["error"]?["code"]?.int == code)
        #expect(answer["id"] == 7)
        await client.finish()
    }

    @Test("Bytes that are not UTF-8 are a parse error")
    func badUTF8() throws {
        guard case .malformed(let malformed) = RPCInbound([0x7B, 0xFF, 0x7D]) else {
            Issue.record("The bytes were read")
            return
        }
        #expect(malformed.error.code == -32700)
        #expect(malformed.id == nil)
    }

    @Test(
        "No notification is answered",
        arguments: [
            #"{"jsonrpc":"2.0","method":"nope"}"#, #"{"jsonrpc":"2.0","method":"tools/list","params":{}}"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":null}}"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}"#,
            #"{"jsonrpc":"2.0","id":99,"result":{}}"#,
        ])
    func notification(text: String) async throws {
        let client = RawClient()
        try client.send(text)
        #expect(try await client.exchange(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)["id"] == 2)
        #expect(client.received.isEmpty)
        await client.finish()
    }

    @Test("Only 2025-03-26 has batches", arguments: ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
    func batches(version: String) async throws {
        let client = RawClient()
        try await client.initialize(version)
        try client.send(
            #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},7,"#
                + #"{"jsonrpc":"2.0","id":2,"method":"tools/list"}]"#)
        let answer = await client.next()
        if version == "2025-03-26" {
            #expect(answer.array?.count == 3)
            #expect(answer.array?.contains { $0["id"] == 2 && $0["result"]?["tools"] != nil } == true)
            #expect(answer.array?.contains { $0["error"]?["code"] == -32600 && $0["id"] == nil } == true)
            try client.send(#"[{"jsonrpc":"2.0","method":"x"}]"#)
        } else {
            #expect(answer["error"]?["code"] == -32600)
        }
        #expect(try await client.legacy("ping", id: 3)["result"] == [:])
        await client.finish()
    }
}

@Suite("Lines")
struct LineTests {
    @Test("An over-long line is refused once, and the next one is read")
    func overlong() async throws {
        let (read, write) = try Pipe.make()
        let (back, answers) = try Pipe.make()
        let transport = try StdioTransport(
            input: read, output: answers, maximumMessageBytes: 100, closesDescriptors: true)
        let serving = Task { try await MCPServer(service: ShopService()).serve(transport) }
        let long = String(repeating: "x", count: 1_000_000)
        await Pipe.write(
            long + "\n\r\n  \n" + #"{"jsonrpc":"2.0","id":1,"method":"ping"}"# + "\r\n" + "{\"half\":", to: write)
        Pipe.close(write)
        try await serving.value
        let lines = await Pipe.readAll(back).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first?.contains("-32600") == true)
        #expect(lines.contains { $0.contains("\"result\":{}") })
        #expect(lines.last?.contains("-32700") == true)
        Pipe.close(back)
    }

    @Test("Large answers to a slow reader arrive whole and in one piece each")
    func slowReader() async throws {
        let (read, write) = try Pipe.make()
        let (back, answers) = try Pipe.make()
        let transport = try StdioTransport(input: read, output: answers, closesDescriptors: true)
        let serving = Task { try await MCPServer(service: ShopService()).serve(transport) }
        let query = String(repeating: "long ", count: 40_000)
        var expected: Set<Int> = []
        let writing = Task.detached {
            for id in 1...20 {
                let params: JSONObject = ["name": "search", "arguments": ["query": .string(query)]]
                let line = RawClient.request("tools/call", params, id: .integer(Int64(id))).description + "\n"
                await Pipe.write(line, to: write)
            }
            Pipe.close(write)
        }
        for line in await Pipe.readAll(back).split(separator: "\n") {
            let answer = try JSONValue.parse(String(line))
            #expect(answer["result"]?["content"]?[0]?["text"]?.string == query + " 10")
            expected.insert(answer["id"]?.int ?? 0)
        }
        #expect(expected == Set(1...20))
        await writing.value
        try await serving.value
        Pipe.close(back)
    }

    @Test("A client that is gone ends the conversation, not the process")
    func brokenPipe() async throws {
        let (read, write) = try Pipe.make()
        let (back, answers) = try Pipe.make()
        let transport = try StdioTransport(input: read, output: answers, closesDescriptors: true)
        let serving = Task { try await MCPServer(service: ShopService()).serve(transport) }
        Pipe.close(back)
        await Pipe.write(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"# + "\n", to: write)
        Pipe.close(write)
        try await serving.value
    }
}
