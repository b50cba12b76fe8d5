import AgentModels
import AsyncHTTPClient
import MCPProtocol
import NIOHTTP1
import Testing

@testable import AgentServer

@Suite("A turn of the chat over the API", .timeLimit(.minutes(2)))
struct ChatStreamTests {
    @Test("is a stream of numbered events that ends with done, and is kept in a conversation")
    func stream() async throws {
        try await APIFixture.with(model: ScriptedProvider(ScriptedProvider.says("It ", "is ", "7."))) { api in
            let stream = try await api.say("How many?")
            #expect(stream.response.status == .ok)
            #expect(stream.response.headers.first(name: "Content-Type") == "text/event-stream")
            #expect(stream.response.headers.first(name: "X-Accel-Buffering") == "no")
            let events = try await stream.all()
            #expect(events.first?.name == "turn" && events.last?.name == "done" && events.text == "It is 7.")
            #expect(events.last?.data["reason"] == "answered")
            let turn = try #require(events.first?.data["turn"]?.string)
            #expect(events.map(\.id) == (1...events.count).map { "\(turn).\($0)" })
            let conversation = try #require(events.first?.data["conversation"]?.string)
            let read = try await api.get("/conversations/\(conversation)")
            #expect(read.status == 200 && read["title"] == "How many?")
            #expect(read["messages"]?.array?.count == 2)
            #expect(read["messages"]?[1]?["parts"] == [["type": "text", "text": "It is 7."]])
            let more = try await api.say("And now?", as: "reader", ["conversation": .string(conversation)]).all()
            #expect(more.first?.data["index"] == 2)
        }
    }

    @Test("goes on behind each of its events, also after its end, for whoever asked alone")
    func resume() async throws {
        try await APIFixture.with(model: ScriptedProvider(ScriptedProvider.says("a", "b", "c"))) { api in
            let events = try await api.say("Say").all()
            for (place, event) in events.enumerated() {
                #expect(try await api.resume(after: event.id).all() == Array(events.dropFirst(place + 1)))
            }
            let turn = try #require(events.first?.data["turn"]?.string)
            #expect(try await api.resume(after: "\(turn).0").all() == events)
            for (id, caller, status) in [
                ("\(turn).1", "writer", 404), ("\(turn).1", "eve", 404), ("\(turn).99", "reader", 410),
                ("nothing.1", "reader", 404), ("\(turn)", "reader", 404), ("\(turn).-1", "reader", 404),
                ("\(turn).1", "powerless", 403),
            ] {
                #expect(try await api.resume(after: id, as: caller).response.status.code == status, "\(id) \(caller)")
            }
            #expect(try await api.send("DELETE", "/api/v1/chat/\(turn)", as: "eve").code == "turn-not-found")
            #expect(try await api.send("DELETE", "/api/v1/chat/\(turn)", as: "reader").status == 204)
        }
    }

    @Test("is begun once by a request that is sent again, while it runs and after its end")
    func sentAgain() async throws {
        let gate = Gate()
        try await APIFixture.with(model: ScriptedProvider(ScriptedProvider.says("first ", then: gate, "second"))) {
            api in
            let seen = try await api.say("Say", key: "one").until("text")
            async let again = api.say("Say", key: "one").all()
            gate.open()
            let events = try await again
            #expect(Array(events.prefix(seen.count)) == seen && events.text == "first second")
            #expect(try await api.say("Say", key: "one").all() == events)
            #expect(try await api.get("/conversations")["conversations"]?.array?.count == 1)
            for (message, caller, key, status) in [
                ("Say more", "reader", "one", 400), ("Say", "reader", "", 400), ("Say", "reader", "o ne", 400),
                ("Say", "reader", String(repeating: "x", count: 65), 400), ("Say", "eve", "one", 200),
                ("Say", "reader", "two", 200),
            ] {
                let stream = try await api.say(message, as: caller, key: key)
                #expect(stream.response.status.code == status, "\(message) \(caller) \(key)")
                #expect(try await stream.all().first?.id != seen.first?.id)
            }
        }
    }

    @Test("goes on without its reader, who comes back")
    func disconnect() async throws {
        let gate = Gate()
        try await APIFixture.with(model: ScriptedProvider(ScriptedProvider.says("first ", then: gate, "second"))) {
            api in
            let seen = try await api.say("Say").until("text")
            // Without the first reader's end: a second one takes its place.
            let again = try await api.resume(after: try #require(seen.last?.id))
            gate.open()
            let rest = try await again.all()
            #expect((seen + rest).text == "first second")
            #expect(rest.last?.data["reason"] == "answered")
        }
    }

    @Test("is found in its conversation by whoever lost its ids, as long as it runs")
    func rejoin() async throws {
        let gate = Gate()
        try await APIFixture.with(model: ScriptedProvider(ScriptedProvider.says("first ", then: gate, "second"))) {
            api in
            let seen = try await api.say("Say").until("text")
            let conversation = try #require(seen.first?.data["conversation"]?.string)
            let found = try await api.get("/conversations/\(conversation)")
            let turn = try #require(found["turn"])
            #expect(turn["id"] == seen.first?.data["turn"] && turn["index"] == 0)
            #expect(turn["last"]?.string == seen.last?.id)
            #expect(try await api.get("/conversations/\(conversation)", as: "eve").status == 404)
            let again = try await api.resume(after: try #require(turn["from"]?.string))
            gate.open()
            let all = try await again.all()
            #expect(Array(all.prefix(seen.count)) == seen && all.text == "first second")
            try await api.waitForTurns()
            #expect(try await api.get("/conversations/\(conversation)")["turn"] == nil)
        }
    }

    @Test("tells of no beginning that is not kept any more")
    func forgottenBeginning() async throws {
        var limits = ChatTurnLimits()
        limits.retainedBytes = 200
        let model = ScriptedProvider(
            ScriptedProvider.says(String(repeating: "x", count: 4000), then: Gate(), "never"))
        try await APIFixture.with(model: model, turns: limits) { api in
            let seen = try await api.say("Say").until("text")
            let conversation = try #require(seen.first?.data["conversation"]?.string)
            let turn = try #require(try await api.get("/conversations/\(conversation)")["turn"])
            #expect(turn["from"] == .null && turn["last"]?.string == seen.last?.id)
        }
    }

    @Test("is stopped by a request, and says so")
    func stop() async throws {
        let model = ScriptedProvider(ScriptedProvider.says("first ", then: Gate(), "never"))
        try await APIFixture.with(model: model) { api in
            var events: [ChatStreamEvent] = []
            for try await event in try await api.say("Say") {
                events.append(event)
                guard event.name == "text" else { continue }
                let turn = try #require(events.first?.data["turn"]?.string)
                #expect(try await api.send("DELETE", "/api/v1/chat/\(turn)", as: "reader").status == 204)
            }
            #expect(events.last?.name == "done" && events.last?.data["reason"] == "cancelled")
            #expect(events.text == "first ")
        }
    }

    @Test("is stopped when nobody reads it for long")
    func unread() async throws {
        var limits = ChatTurnLimits()
        limits.unread = .milliseconds(200)
        let model = ScriptedProvider(ScriptedProvider.says("first ", then: Gate(), "never"))
        try await APIFixture.with(model: model, turns: limits) { api in
            let seen = try await api.say("Say").until("text")
            try await api.waitForTurns()
            let rest = try await api.resume(after: try #require(seen.last?.id)).all()
            #expect(rest.last?.data["reason"] == "cancelled")
        }
    }

    @Test("is stopped at the end of the server, after which none begins")
    func shutdown() async throws {
        let model = ScriptedProvider(ScriptedProvider.says("first ", then: Gate(), "never"))
        try await APIFixture.with(model: model) { api in
            var events: [ChatStreamEvent] = []
            for try await event in try await api.say("Say") {
                events.append(event)
                if event.name == "text" { api.api.turns.end() }
            }
            #expect(events.last?.data["reason"] == "cancelled")
            #expect(try await api.post("/chat", ["message": "More"]).code == "server-ending")
        }
    }

    @Test("is refused beyond so many at a time, and twice in one conversation")
    func limits() async throws {
        var limits = ChatTurnLimits()
        limits.runningPerPrincipal = 2
        let model = ScriptedProvider(ScriptedProvider.says("first ", then: Gate(), "never"))
        try await APIFixture.with(model: model, turns: limits) { api in
            let first = try await api.say("One")
            var events = first.makeAsyncIterator()
            let conversation = try #require(try await events.next()?.data["conversation"])
            let busy = try await api.post("/chat", ["message": "Two", "conversation": conversation])
            #expect(busy.status == 409 && busy.code == "turn-running")
            let second = try await api.say("Two")
            let third = try await api.post("/chat", ["message": "Three"])
            #expect(third.status == 429 && third.code == "too-many-at-once")
            #expect(third.field("Retry-After") == ["5"])
            #expect(try await api.say("Another's", as: "writer").until("text").names.first == "turn")
            api.api.turns.end()
            _ = try await second.all()
        }
    }

    @Test(
        "is refused with the reason",
        arguments: [
            ([:], "invalid-request"), (["message": " \n"], "invalid-request"),
            (["message": "x", "mesage": 1], "invalid-request"),
            (["message": "x", "conversation": "none"], "conversation-not-found"),
            (["message": "x", "database": "none"], "database-not-found"),
            (["message": "x", "replacing_from": 3], "invalid-request"),
        ] as [(JSONValue, String)])
    func refusals(_ body: JSONValue, _ code: String) async throws {
        try await APIFixture.with(model: ScriptedProvider(ScriptedProvider.says("x"))) { api in
            let refused = try await api.post("/chat", body)
            #expect(refused.code == code)
            let left = try await api.get("/conversations")
            #expect(left["conversations"] == [])
        }
    }

    @Test("needs a language model, and says how to add one")
    func noModel() async throws {
        try await APIFixture.with { api in
            let refused = try await api.post("/chat", ["message": "x"])
            #expect(refused.status == 503 && refused.code == "no-model")
            #expect(refused["detail"]?.string?.contains("llm.provider") == true)
            #expect(try await api.post("/chat", ["message": "x"], as: nil).status == 401)
            #expect(try await api.post("/chat", ["message": "x"], as: "powerless").code == "insufficient-scope")
        }
    }

    @Test("leaves nothing behind that grows")
    func hundredTurns() async throws {
        try await APIFixture.with(model: ScriptedProvider(ScriptedProvider.says("x"))) { api in
            for number in 0..<100 {
                #expect(try await api.say("Turn \(number)").all().last?.name == "done")
            }
            try await api.waitForTurns()
            #expect(api.api.turns.count <= ChatTurnLimits().keptPerPrincipal + 1)
        }
    }
}

extension APIFixture {
    /// Waits until no turn runs.
    func waitForTurns() async throws {
        while api.turns.runningCount > 0 { try await Task.sleep(for: .milliseconds(10)) }
    }
}
