import MCPProtocol
import TestSupport
import Testing

@Suite("Items 29 to 32: asking the person")
struct QuestionTests {
    private static let canElicit: JSONValue = ["elicitation": [:]]

    private func round(
        _ client: RawClient, _ params: JSONObject, state: JSONValue?, responses: JSONValue?, id: JSONValue
    ) async throws -> JSONValue {
        var params = params
        params["requestState"] = state
        params["inputResponses"] = responses
        return try await client.call("tools/call", params, id: id, capabilities: Self.canElicit)
    }

    @Test(
        "Accept, decline and cancel are three outcomes",
        arguments: [
            (#"{"action":"accept","content":{"name":"Bo","size":"s"}}"#, "Hello Bo"),
            (#"{"action":"decline"}"#, "declined"), (#"{"action":"cancel"}"#, "cancelled"),
        ])
    func outcomes(answer: String, text: String) async throws {
        let answer = try JSONValue.parse(answer)
        let client = RawClient()
        let asked = try #require(try await round(client, ["name": "form"], state: nil, responses: nil, id: 1)["result"])
        #expect(asked["resultType"] == "input_required")
        #expect(asked["inputRequests"]?["who"]?["method"] == "elicitation/create")
        let done = try await round(
            client, ["name": "form"], state: asked["requestState"], responses: ["who": answer], id: 2)
        #expect(done["result"]?["content"]?[0]?["text"] == .string(text))
        await client.finish()

        let older = RawClient()
        try await older.initialize("2025-06-18", capabilities: Self.canElicit)
        try older.send(["jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": ["name": "form"]])
        let question = await older.next { $0["method"] == "elicitation/create" }
        try older.send(["jsonrpc": "2.0", "id": question["id"] ?? .null, "result": answer])
        #expect(await older.next { $0["id"] == 5 }["result"]?["content"]?[0]?["text"] == .string(text))
        await older.finish()
    }

    @Test("A state that was changed, made up, too old or another caller's is -32602; one of another request asks again")
    func states() async throws {
        let client = RawClient(caller: "anna")
        let params: JSONObject = ["name": "form", "arguments": ["a": 1, "b": 2]]
        let asked = try await round(client, params, state: nil, responses: nil, id: 1)
        let state = try #require(asked["result"]?["requestState"]?.string)
        let answers: JSONValue = ["who": ["action": "accept", "content": ["name": "Bo"]]]
        for bad in [state + "x", "nonsense", "", "bob" + state.dropFirst(4)] {
            let answer = try await round(client, params, state: .string(bad), responses: answers, id: 2)
            #expect(answer["error"]?["code"] == -32602)
        }
        #expect(try await round(client, params, state: 7, responses: answers, id: 3)["error"]?["code"] == -32602)
        var other = params
        other["arguments"] = ["a": 1, "b": 3]
        let again = try await round(client, other, state: .string(state), responses: answers, id: 4)
        #expect(again["result"]?["resultType"] == "input_required")
        // The order of members does not make another request.
        var reordered = params
        reordered["arguments"] = ["b": 2, "a": 1]
        let done = try await round(client, reordered, state: .string(state), responses: answers, id: 5)
        #expect(done["result"]?["resultType"] == "complete")
        await client.finish()

        let stranger = RawClient(caller: "eve")
        #expect(
            try await round(stranger, params, state: .string(state), responses: answers, id: 1)["error"]?["code"]
                == -32602)
        await stranger.finish()

        let late = RawClient(caller: "anna") { $0.stateLifetime = .seconds(-10) }
        let old = try await round(late, params, state: nil, responses: nil, id: 1)
        let expired = try await round(late, params, state: old["result"]?["requestState"], responses: answers, id: 2)
        #expect(expired["error"]?["code"] == -32602)
        await late.finish()
    }

    @Test("A missing answer is asked for again, one that does not fit the form is -32602")
    func answers() async throws {
        let client = RawClient()
        let asked = try await round(client, ["name": "form"], state: nil, responses: nil, id: 1)
        let state = asked["result"]?["requestState"]
        for missing in [nil, [:], ["other": ["action": "decline"]]] as [JSONValue?] {
            let again = try await round(client, ["name": "form"], state: state, responses: missing, id: 2)
            #expect(again["result"]?["inputRequests"]?["who"] != nil)
        }
        for bad in [
            #"{"who":7}"#, #"{"who":{"action":"maybe"}}"#, #"{"who":{"action":"accept","content":{}}}"#,
            #"{"who":{"action":"accept","content":{"name":"far too long a name"}}}"#,
            #"{"who":{"action":"accept","content":{"name":"Bo","size":"xl"}}}"#,
            #"{"who":{"action":"accept","content":{"name":"Bo","extra":1}}}"#, #"{"who":{"roots":[]}}"#,
        ] {
            let answer = try await round(
                client, ["name": "form"], state: state, responses: try JSONValue.parse(bad), id: 3)
            #expect(answer["error"]?["code"] == -32602, "\(bad)")
        }
        await client.finish()
    }

    @Test("Earlier answers and the handler's state last over several rounds, in both eras")
    func severalRounds() async throws {
        let client = RawClient()
        func accept(_ key: String, _ n: JSONValue) -> JSONValue {
            .object([key: ["action": "accept", "content": ["n": n]]])
        }
        let first = try await round(client, ["name": "state"], state: nil, responses: nil, id: 1)
        #expect(first["result"]?["inputRequests"]?.object?.keys == ["first"])
        let second = try await round(
            client, ["name": "state"], state: first["result"]?["requestState"], responses: accept("first", 1), id: 2)
        #expect(second["result"]?["inputRequests"]?.object?.keys == ["second"])
        #expect(second["result"]?["requestState"] != first["result"]?["requestState"])
        let done = try await round(
            client, ["name": "state"], state: second["result"]?["requestState"], responses: accept("second", 2), id: 3)
        #expect(done["result"]?["content"]?[0]?["text"] == "1 2 {\"step\":2}")
        await client.finish()

        let older = RawClient()
        try await older.initialize("2025-11-25", capabilities: Self.canElicit)
        try older.send(["jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": ["name": "state"]])
        for n in [1, 2] as [JSONValue] {
            let question = await older.next { $0["method"] == "elicitation/create" }
            try older.send(
                ["jsonrpc": "2.0", "id": question["id"] ?? .null, "result": ["action": "accept", "content": ["n": n]]])
        }
        #expect(await older.next { $0["id"] == 5 }["result"]?["content"]?[0]?["text"] == "1 2 {\"step\":2}")
        await older.finish()
    }

    @Test(
        "Without a sealer nothing is asked of 2026-07-28 clients, and a client that declared nothing is asked nothing")
    func refusals() async throws {
        let client = RawClient { $0.sealer = nil }
        let answer = try await client.call("tools/call", ["name": "form"], capabilities: Self.canElicit)
        #expect(answer["error"]?["code"] == -32603)
        #expect(answer["error"]?["message"]?.string?.contains("seal") == true)
        await client.finish()
        let older = RawClient()
        try await older.initialize("2025-11-25")
        #expect(try await older.legacy("tools/call", ["name": "form"])["error"]?["code"] == -32602)
        await older.finish()
    }

    @Test("A cancelled call takes its question back")
    func cancelledQuestion() async throws {
        let client = RawClient()
        try await client.initialize("2025-11-25", capabilities: Self.canElicit)
        try client.send(["jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": ["name": "form"]])
        let question = await client.next { $0["method"] == "elicitation/create" }
        try client.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#)
        let taken = await client.next { $0["method"] == "notifications/cancelled" }
        #expect(taken["params"]?["requestId"] == question["id"])
        await client.finish()
    }
}

@Suite("Item 22: subscriptions")
struct SubscriptionTests {
    @Test("Only what was asked for is told, under the id of the subscription, until a graceful end")
    func listen() async throws {
        let client = RawClient()
        let filter: JSONValue = [
            "toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["shop://1", "shop://2"],
        ]
        try client.send(RawClient.request("subscriptions/listen", ["notifications": filter], id: "listen-1"))
        let acknowledged = await client.next()
        #expect(acknowledged["method"] == "notifications/subscriptions/acknowledged")
        // The server announces no changes of prompts.
        #expect(
            acknowledged["params"]?["notifications"]
                == ["toolsListChanged": true, "resourceSubscriptions": ["shop://1", "shop://2"]])
        client.server.promptsChanged()
        client.server.resourcesChanged()
        client.server.resourceUpdated("shop://3")
        client.server.resourceUpdated("shop://2")
        client.server.toolsChanged()
        let updated = await client.next()
        #expect(updated["params"]?["uri"] == "shop://2")
        let changed = await client.next()
        #expect(changed["method"] == "notifications/tools/list_changed")
        for message in [acknowledged, updated, changed] {
            #expect(message["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == "listen-1")
        }
        await client.finish()
    }

    @Test("An older client is told of every change behind its notifications/initialized")
    func initialized() async throws {
        for _ in 0..<50 {
            let client = RawClient()
            try await client.initialize("2025-11-25")
            _ = try await client.legacy("ping", id: 2)
            client.server.toolsChanged()
            let changed = await client.next()
            #expect(changed["method"] == "notifications/tools/list_changed")
            await client.finish()
        }
    }

    @Test("A cancelled subscription is told nothing more")
    func cancelled() async throws {
        let client = RawClient()
        try client.send(RawClient.request("subscriptions/listen", ["notifications": ["toolsListChanged": true]], id: 1))
        _ = await client.next()
        try client.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#)
        #expect(try await client.call("tools/list", id: 2)["result"] != nil)
        client.server.toolsChanged()
        #expect(try await client.call("tools/list", id: 3)["result"] != nil)
        await client.finish()
        #expect(!client.recorded.sent.contains { $0["method"] == "notifications/tools/list_changed" })
        #expect(!client.recorded.sent.contains { $0["id"] == 1 })
    }

    @Test("The number of subscriptions and of watched resources is bounded")
    func bounds() async throws {
        let client = RawClient { options in
            options.maximumSubscriptions = 1
            options.maximumWatchedResources = 2
        }
        let filter: JSONValue = ["resourceSubscriptions": ["a:1", "a:2", "a:3"]]
        #expect(try await client.call("subscriptions/listen", ["notifications": filter])["error"]?["code"] == -32602)
        try client.send(RawClient.request("subscriptions/listen", ["notifications": [:]], id: 1))
        _ = await client.next()
        #expect(
            try await client.call("subscriptions/listen", ["notifications": [:]], id: 2)["error"]?["code"] == -32000)
        await client.finish()
    }
}
