import MCPProtocol
import Synchronization
import TestSupport
import Testing

/// A way on which the client has an answer before its sender has heard that it was sent.
private final class LateTransport: Transport {
    private let base: InMemoryTransport
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]?>([])

    init(base: InMemoryTransport) {
        self.base = base
    }

    func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws { try await base.run(receive) }

    func send(_ message: [UInt8]) async throws {
        try await base.send(message)
        await withCheckedContinuation { continuation in
            let isOver = waiting.withLock { waiting in
                waiting?.append(continuation)
                return waiting == nil
            }
            if isOver { continuation.resume() }
        }
    }

    func post(_ message: [UInt8]) throws { try base.post(message) }

    func close() { base.close() }

    /// From here on senders hear it.
    func release() {
        let all = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting ?? []
        }
        for one in all { one.resume() }
    }
}

@Suite("Items 11, 20, 21: cancellation, progress, log messages")
struct RequestTests {
    @Test("A cancelled request ends its handler and is not answered; its id is free again", arguments: [true, false])
    func cancellation(modern: Bool) async throws {
        let service = ShopService()
        let client = RawClient(service)
        let token: JSONObject = ["progressToken": "t"]
        if modern {
            try client.send(RawClient.request("tools/call", ["name": "sleep"], id: "s", meta: token))
        } else {
            try await client.initialize("2025-11-25")
            try client.send(
                [
                    "jsonrpc": "2.0", "id": "s", "method": "tools/call",
                    "params": ["name": "sleep", "_meta": .object(token)],
                ])
        }
        while !service.log.has("started") { await Task.yield() }
        try client.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"other"}}"#)
        try client.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"s"}}"#)
        while !service.log.has("cancelled") { await Task.yield() }
        let next =
            modern
            ? try await client.call("tools/call", ["name": "structured"], id: "s")
            : try await client.legacy("tools/call", ["name": "structured"], id: "s")
        #expect(next["result"]?["content"] != nil)
        #expect(client.received.isEmpty)
        await client.finish()
        #expect(client.recorded.sent.filter { $0["id"] == "s" }.count == 1)
        #expect(!client.recorded.sent.contains { $0["method"] == "notifications/progress" })
    }

    @Test("A second request of an id in flight is refused, and too many requests are")
    func bounds() async throws {
        let client = RawClient { options in
            options.maximumInFlight = 2
            options.grace = .zero
        }
        try client.send(RawClient.request("tools/call", ["name": "sleep"], id: 1))
        try client.send(RawClient.request("tools/call", ["name": "sleep"], id: 1))
        #expect(await client.next()["error"]?["code"] == -32600)
        try client.send(RawClient.request("tools/call", ["name": "sleep"], id: 2))
        #expect(try await client.call("tools/list", id: 3)["error"]?["code"] == -32000)
        await client.finish()
    }

    @Test("An answer that is on its way takes no place, and only so many may be on their way")
    func answersOnTheirWay() async throws {
        let late = Mutex<LateTransport?>(nil)
        let client = RawClient {
            $0.maximumInFlight = 1
        } over: { base in
            let transport = LateTransport(base: base)
            late.withLock { $0 = transport }
            return transport
        }
        #expect(try await client.call("tools/list", id: 1)["result"] != nil)
        #expect(try await client.call("tools/list", id: 2)["result"] != nil)
        #expect(try await client.call("tools/list", id: 3)["error"]?["code"] == -32000)
        late.withLock { $0 }?.release()
        while try await client.call("tools/list", id: 4)["error"] != nil { await Task.yield() }
        await client.finish()
    }

    @Test("Progress increases, comes before the answer, and only for a token")
    func progress() async throws {
        let client = RawClient()
        _ = try await client.call("tools/call", ["name": "progress"], id: 1)
        #expect(client.received.isEmpty)
        _ = try await client.call("tools/call", ["name": "progress"], id: 2, meta: ["progressToken": 9007199254740993])
        let sent = client.received
        #expect(sent.map { $0["params"]?["progress"] } == [1, 2, 3])
        #expect(sent.allSatisfy { $0["params"]?["progressToken"] == 9007199254740993 })
        #expect(sent.allSatisfy { $0["params"]?["total"] == 3 && $0["params"]?["message"] != nil })
        await client.finish()
    }

    @Test("Progress is rate-limited, and none comes after the answer")
    func lateProgress() async throws {
        let service = ShopService()
        let client = RawClient(service)
        _ = try await client.call("tools/call", ["name": "late"], meta: ["progressToken": "x"])
        while !service.log.has("late") { await Task.yield() }
        await client.finish()
        let sent = client.recorded.sent
        #expect(sent.last?["result"] != nil)
        #expect(sent.count <= 25)
    }

    @Test("Log messages come only where the request asks for them, from its level on")
    func logMessages() async throws {
        let client = RawClient()
        for (level, count) in [(nil, 0), ("debug", 2), ("info", 1), ("critical", 0)] as [(String?, Int)] {
            var meta: JSONObject = [:]
            if let level { meta["io.modelcontextprotocol/logLevel"] = .string(level) }
            _ = try await client.call("tools/call", ["name": "progress"], meta: meta)
            for _ in 0..<count { _ = await client.next { $0["method"] == "notifications/message" } }
            #expect(client.received.isEmpty)
        }
        await client.finish()
    }

    @Test("Requests run side by side")
    func concurrency() async throws {
        let service = ShopService()
        let client = RawClient(service) { $0.grace = .zero }
        try client.send(RawClient.request("tools/call", ["name": "sleep"], id: 1))
        while !service.log.has("started") { await Task.yield() }
        #expect(try await client.call("tools/list", id: 2)["result"] != nil)
        await client.finish()
    }
}

@Suite("Items 23 to 28: lists, tools, resources, prompts, completion")
struct FeatureTests {
    @Test("Pages hold together, and a bad cursor is -32602", arguments: [1, 2, 3, 7, 100])
    func paging(size: Int) async throws {
        let client = RawClient { $0.pageSize = size }
        var names: [String] = []
        var cursor: JSONValue?
        repeat {
            var params: JSONObject = [:]
            params["cursor"] = cursor
            let result = try #require(try await client.call("resources/list", params)["result"])
            names += (result["resources"]?.array ?? []).compactMap { $0["name"]?.string }
            #expect(result["cacheScope"] == "private")
            cursor = result["nextCursor"]
        } while cursor != nil
        #expect(names == (0..<7).map { "r\($0)" })
        for bad in ["", "x", "MQ==", "LTEuMQ==", "OTk5LmFi", "NA==", "MC4w"] as [JSONValue] {
            #expect(try await client.call("resources/list", ["cursor": bad])["error"]?["code"] == -32602)
        }
        #expect(try await client.call("resources/list", ["cursor": 5])["error"]?["code"] == -32602)
        await client.finish()
    }

    @Test("A cursor of one list is bad for another")
    func foreignCursor() async throws {
        let client = RawClient { $0.pageSize = 2 }
        let cursor = try #require(try await client.call("resources/list")["result"]?["nextCursor"])
        #expect(try await client.call("tools/list", ["cursor": cursor])["error"]?["code"] == -32602)
        await client.finish()
    }

    @Test(
        "A bad argument is an answer of the tool that says how to mend it",
        arguments: [
            (#"{}"#, "Missing argument 'query'"), (#"{"query":7}"#, "must be a string, but is integer 7"),
            (#"{"query":null}"#, "Missing argument 'query'"),
            (#"{"query":"a","limit":0}"#, "between 1 and 100, but is 0"),
            (#"{"query":"a","limit":"5"}"#, "must be an integer, but is the string \"5\""),
            (#"{"query":"a","limit":1.5}"#, "must be an integer, but is number 1.5"),
            (#"{"query":"a","limt":5}"#, "Did you mean 'limit'?"), (#"{"query":"a","exact":"yes"}"#, "true or false"),
            (#"{"query":"a","order":"descendin"}"#, "Did you mean 'descending'?"),
            (#"{"query":"a","zzz":1}"#, "Unknown argument 'zzz'; known are: 'query', 'limit', 'order', 'exact'."),
        ])
    func badArguments(arguments: String, part: String) async throws {
        let client = RawClient()
        let answer = try await client.call(
            "tools/call", ["name": "search", "arguments": try JSONValue.parse(arguments)])
        #expect(answer["result"]?["isError"] == true)
        #expect(answer["result"]?["content"]?[0]?["text"]?.string?.contains(part) == true, "\(answer)")
        await client.finish()
    }

    @Test("Good arguments are taken, whole numbers with a fraction of zero too")
    func goodArguments() async throws {
        let client = RawClient()
        let arguments = try JSONValue.parse(#"{"query":"a","limit":5.0,"order":null}"#)
        let answer = try await client.call("tools/call", ["name": "search", "arguments": arguments])
        #expect(answer["result"]?["content"]?[0]?["text"] == "a 5")
        await client.finish()
    }

    @Test(
        "Malformed requests and unknown names are -32602",
        arguments: [
            ("tools/call", #"{}"#), ("tools/call", #"{"name":"nope"}"#), ("tools/call", #"{"name":7}"#),
            ("tools/call", #"{"name":"search","arguments":[]}"#), ("resources/read", #"{}"#),
            ("resources/read", #"{"uri":"shop://nope"}"#), ("prompts/get", #"{"name":"nope"}"#),
            ("prompts/get", #"{"name":"greet"}"#), ("prompts/get", #"{"name":"greet","arguments":{"who":7}}"#),
            ("completion/complete", #"{}"#),
            ("completion/complete", #"{"ref":{"type":"x"},"argument":{"name":"a","value":"b"}}"#),
            ("subscriptions/listen", #"{}"#), ("subscriptions/listen", #"{"notifications":{"toolsListChanged":1}}"#),
        ])
    func malformed(method: String, params: String) async throws {
        let client = RawClient()
        let answer = try await client.call(method, try #require(try JSONValue.parse(params).object))
        #expect(answer["error"]?["code"] == -32602)
        if params.contains("shop://nope") { #expect(answer["error"]?["data"]?["uri"] == "shop://nope") }
        await client.finish()
    }

    @Test("A failure of a tool is an answer; an unforeseen one tells nothing")
    func failures() async throws {
        let client = RawClient()
        let failed = try await client.call("tools/call", ["name": "fail"])
        #expect(failed["result"]?["isError"] == true)
        #expect(failed["result"]?["content"]?[0]?["text"] == "It failed; try again.")
        let secret = try await client.call("tools/call", ["name": "secret"])
        #expect(secret["error"] == ["code": -32603, "message": "Internal error"])
        await client.finish()
    }

    @Test("At most 100 completions, with the number of all")
    func completion() async throws {
        let client = RawClient()
        let answer = try await client.call(
            "completion/complete",
            ["ref": ["type": "ref/prompt", "name": "greet"], "argument": ["name": "who", "value": "x"]])
        let completion = try #require(answer["result"]?["completion"])
        #expect(completion["values"]?.array?.count == 100)
        #expect(completion["total"] == 150)
        #expect(completion["hasMore"] == true)
        await client.finish()
    }
}
