import MCPProtocol
import Testing

@Suite("Items 6 to 12: 2026-07-28")
struct StatelessTests {
    @Test("server/discover says what there is")
    func discover() async throws {
        let client = RawClient()
        let result = try #require(try await client.call("server/discover")["result"])
        #expect(result["resultType"] == "complete")
        #expect(result["supportedVersions"]?[0] == "2026-07-28")
        #expect(result["capabilities"]?["tools"]?["listChanged"] == true)
        #expect(result["instructions"] == "Ask away.")
        #expect(result["ttlMs"]?.int == 300_000)
        #expect(result["cacheScope"] == "public")
        #expect(result["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "shop")
        await client.finish()
    }

    @Test(
        "Metadata that is missing or malformed is -32602",
        arguments: [
            #"{}"#, #"{"_meta":{}}"#, #"{"_meta":7}"#,
            #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#,
            #"{"_meta":{"io.modelcontextprotocol/protocolVersion":7,"io.modelcontextprotocol/clientCapabilities":{}}}"#,
            #"{"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}}"#,
            #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]}}"#,
            #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":1.5}}"#,
            #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"loud"}}"#,
        ])
    func badMetadata(params: String) async throws {
        let client = RawClient()
        _ = try await client.call("server/discover", id: 0)
        let answer = try await client.exchange(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":\#(params)}"#)
        #expect(answer["error"]?["code"] == -32602)
        await client.finish()
    }

    @Test("A version that is not spoken is -32022, and the connection may still choose the older era")
    func unsupportedVersion() async throws {
        let client = RawClient()
        let answer = try await client.exchange(
            #"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"#
                + #""io.modelcontextprotocol/protocolVersion":"2099-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}"#
        )
        #expect(answer["error"]?["code"] == -32022)
        #expect(answer["error"]?["data"]?["requested"] == "2099-01-01")
        #expect(answer["error"]?["data"]?["supported"]?.array?.contains("2026-07-28") == true)
        #expect(try await client.initialize("2025-11-25")["result"]?["protocolVersion"] == "2025-11-25")
        await client.finish()
    }

    @Test(
        "Methods that 2026-07-28 removed or never had are -32601, with metadata and without",
        arguments: [
            "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "nope", "",
        ])
    func removed(method: String) async throws {
        let client = RawClient()
        _ = try await client.call("server/discover", id: 0)
        #expect(try await client.call(method)["error"]?["code"] == -32601)
        #expect(try await client.legacy(method, [:], id: 2)["error"]?["code"] == -32601)
        await client.finish()
    }

    @Test(
        "A method whose capability is not advertised is -32601",
        arguments: [
            "tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read", "prompts/list",
            "prompts/get", "completion/complete",
        ])
    func unadvertised(method: String) async throws {
        var service = ShopService()
        service.capabilities = ServerCapabilities()
        let client = RawClient(service)
        #expect(try await client.call(method)["error"]?["code"] == -32601)
        await client.finish()
        let older = RawClient(service)
        try await older.initialize("2025-11-25")
        #expect(try await older.legacy(method)["error"]?["code"] == -32601)
        await older.finish()
    }

    @Test("Nothing is remembered from one request to the next")
    func stateless() async throws {
        let client = RawClient()
        #expect(
            try await client.call("tools/call", ["name": "form"], capabilities: ["elicitation": [:]])["result"]?[
                "resultType"] == "input_required")
        let refused = try await client.call("tools/call", ["name": "form"], id: 2)
        #expect(refused["error"]?["code"] == -32021)
        #expect(refused["error"]?["data"]?["requiredCapabilities"]?["elicitation"] != nil)
        await client.finish()
    }

    @Test("Results carry their type and the server's name, lists how long they may be kept")
    func resultMembers() async throws {
        let client = RawClient()
        let tools = try #require(try await client.call("tools/list")["result"])
        #expect(tools["ttlMs"] == 5000)
        #expect(tools["cacheScope"] == "public")
        #expect(tools["tools"]?[0]?["icons"] != nil)
        for method in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
            let result = try #require(try await client.call(method)["result"])
            #expect(result["resultType"] == "complete")
            #expect(result["_meta"]?["io.modelcontextprotocol/serverInfo"] != nil)
            #expect(result["ttlMs"] != nil)
            #expect(result["cacheScope"] != nil)
        }
        let read = try #require(try await client.call("resources/read", ["uri": "shop://0"])["result"])
        #expect(read["contents"]?[1]?["blob"] == "AAH/")
        #expect(read["ttlMs"] == 0)
        #expect(read["cacheScope"] == "private")
        #expect(
            try await client.call("prompts/get", ["name": "greet", "arguments": ["who": "Bo"]])["result"]?["resultType"]
                == "complete")
        await client.finish()
    }
}

@Suite("Items 33 and 35: the older revisions")
struct InitializeTests {
    @Test(
        "initialize echoes a known version, else the newest of the era",
        arguments: [
            ("2025-11-25", "2025-11-25"), ("2025-06-18", "2025-06-18"), ("2025-03-26", "2025-03-26"),
            ("2024-11-05", "2024-11-05"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25"),
            ("", "2025-11-25"),
        ])
    func negotiation(requested: String, agreed: String) async throws {
        let client = RawClient()
        let result = try #require(try await client.initialize(requested)["result"])
        #expect(result["protocolVersion"] == .string(agreed))
        #expect(result["serverInfo"]?["name"] == "shop")
        #expect(result["resultType"] == nil)
        #expect(try await client.legacy("ping")["result"] == [:])
        #expect(try await client.legacy("initialize", [:])["error"]?["code"] == -32600)
        #expect(try await client.legacy("server/discover")["error"]?["code"] == -32601)
        #expect(try await client.legacy("subscriptions/listen", ["notifications": [:]])["error"]?["code"] == -32601)
        await client.finish()
    }

    @Test(
        "A malformed initialize is -32602",
        arguments: [
            "{}", #"{"protocolVersion":"2025-11-25"}"#,
            #"{"protocolVersion":1,"capabilities":{},"clientInfo":{"name":"a","version":"1"}}"#,
        ])
    func malformed(params: String) async throws {
        let client = RawClient()
        let answer = try await client.exchange(#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":\#(params)}"#)
        #expect(answer["error"]?["code"] == -32602)
        await client.finish()
    }

    @Test(
        "What a revision does not know is left out",
        arguments: ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
    func filtered(version: String) async throws {
        let client = RawClient()
        try await client.initialize(version)
        let result = try #require(try await client.legacy("tools/list")["result"])
        let tool = try #require(result["tools"]?[0])
        #expect(result["ttlMs"] == nil && result["cacheScope"] == nil && result["resultType"] == nil)
        #expect((tool["annotations"] != nil) == (version >= "2025-03-26"))
        #expect((tool["title"] != nil) == (version >= "2025-06-18"))
        #expect((tool["outputSchema"] != nil) == (version >= "2025-06-18"))
        #expect((tool["_meta"] != nil) == (version >= "2025-06-18"))
        #expect((tool["icons"] != nil) == (version >= "2025-11-25"))
        let call = try #require(try await client.legacy("tools/call", ["name": "structured"])["result"])
        #expect((call["structuredContent"] != nil) == (version >= "2025-06-18"))
        let array = try await client.legacy("tools/call", ["name": "structured", "arguments": ["array": true]])
        #expect(array["result"]?["structuredContent"] == nil)
        #expect(array["result"]?["content"]?[0]?["text"] == "[1]")
        let missing = try await client.legacy("resources/read", ["uri": "shop://x"])
        #expect(missing["error"]?["code"] == -32002)
        #expect(missing["error"]?["data"]?["uri"] == "shop://x")
        await client.finish()
    }

    @Test("logging/setLevel chooses what is sent")
    func logLevel() async throws {
        let client = RawClient()
        try await client.initialize("2025-11-25")
        #expect(try await client.legacy("logging/setLevel", ["level": "loud"])["error"]?["code"] == -32602)
        for (level, count) in [("debug", 2), ("error", 1), ("emergency", 0)] {
            #expect(try await client.legacy("logging/setLevel", ["level": .string(level)])["result"] == [:])
            _ = try await client.legacy("tools/call", ["name": "progress"])
            for _ in 0..<count { _ = await client.next { $0["method"] == "notifications/message" } }
            #expect(client.received.isEmpty)
        }
        await client.finish()
    }

    @Test("A watched resource is told, an unwatched one is not")
    func subscribe() async throws {
        let client = RawClient()
        try await client.initialize("2025-06-18")
        #expect(try await client.legacy("resources/subscribe", ["uri": "shop://1"])["result"] == [:])
        #expect(try await client.legacy("resources/subscribe", [:])["error"]?["code"] == -32602)
        client.server.resourceUpdated("shop://2")
        client.server.resourceUpdated("shop://1")
        #expect(await client.next()["params"]?["uri"] == "shop://1")
        #expect(try await client.legacy("resources/unsubscribe", ["uri": "shop://1"])["result"] == [:])
        client.server.resourceUpdated("shop://1")
        client.server.toolsChanged()
        #expect(await client.next()["method"] == "notifications/tools/list_changed")
        await client.finish()
    }
}
