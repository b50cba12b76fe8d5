import AgentCore
import AuthTokens
import MCPProtocol
import Testing

@testable import AgentServer
@testable import MCPHTTP

@Suite("Writes of the chat over the API", .timeLimit(.minutes(2)))
struct ChatApprovalTests {
    private func withWrite(
        _ id: Int, _ body: @escaping @Sendable (APIFixture) async throws -> Void
    ) async throws {
        let model = ScriptedProvider(
            ScriptedProvider.queries("INSERT INTO notes VALUES (\(id), 'chat')", on: "stock"),
            ScriptedProvider.says("Done."))
        try await APIFixture.with(model: model, body)
    }

    private func answer(
        _ api: APIFixture, _ event: ChatStreamEvent, _ decision: String, as caller: String
    ) async throws -> APIReplyRead {
        let href = try #require(event.data["approval"]?["href"]?.string)
        return try await api.send("POST", href, body: #"{"decision":"\#(decision)"}"#, as: caller)
    }

    private func count(_ api: APIFixture, _ id: Int) async throws -> String {
        try await api.psql("SELECT count(*) FROM notes WHERE id = \(id)")
    }

    @Test("An approved write runs once, in the turn; others cannot answer, and a second answer is gone")
    func approved() async throws {
        try await withWrite(900) { api in
            var events: [ChatStreamEvent] = []
            for try await event in try await api.say("Write", as: "anna") {
                events.append(event)
                guard event.name == "approval" else { continue }
                #expect(event.data["approval"]?["mayApprove"] == true)
                #expect(event.data["approval"]?["sql"] == "INSERT INTO notes VALUES (900, 'chat')")
                #expect(try await count(api, 900) == "0")
                #expect(try await answer(api, event, "approve", as: "eve").code == "approval-not-found")
                #expect(try await answer(api, event, "approve", as: "writer").code == "insufficient-scope")
                #expect(try await answer(api, event, "approve", as: "elsewhere").code == "approval-not-found")
                let done = try await answer(api, event, "approve", as: "anna")
                #expect(done.status == 200 && done["decision"] == "approve", "\(done.json)")
                #expect(done["turn"] == events.first?.data["turn"])
                #expect(try await answer(api, event, "approve", as: "anna").code == "approval-used")
                #expect(try await answer(api, event, "decline", as: "anna").code == "approval-used")
                #expect(try await answer(api, event, "decline", as: "eve").code == "approval-not-found")
            }
            #expect(events.first("approval_answer")?.data["decision"] == "approve")
            #expect(events.first("result")?.data["isError"] == false, "\(events)")
            #expect(events.text == "Done." && events.last?.data["reason"] == "answered")
            #expect(try await count(api, 900) == "1")
        }
    }

    @Test("A declined write does not run")
    func declined() async throws {
        try await withWrite(901) { api in
            var events: [ChatStreamEvent] = []
            for try await event in try await api.say("Write", as: "anna") {
                events.append(event)
                guard event.name == "approval" else { continue }
                let done = try await answer(api, event, "decline", as: "anna")
                #expect(done.status == 200 && done["decision"] == "decline")
            }
            #expect(events.first("approval_answer")?.data["decision"] == "decline")
            #expect(try await count(api, 901) == "0")
            // Whoever reads the conversation later sees that it did not fail.
            let kept = try await api.get("/conversations", as: "anna").json["conversations"]?.array?.first
            let path = "/conversations/\(kept?["id"]?.string ?? "")"
            let parts = try await api.get(path, as: "anna").json["messages"]?.array?.flatMap {
                $0["parts"]?.array ?? []
            }
            #expect(parts?.first { $0["type"] == "tool_result" }?["decision"] == "decline")
        }
    }

    @Test("A token with the scope approve answers for another, as for every write")
    func approver() async throws {
        try await withWrite(902) { api in
            for try await event in try await api.say("Write", as: "writer") where event.name == "approval" {
                #expect(try await answer(api, event, "approve", as: "approver").status == 200)
            }
            #expect(try await count(api, 902) == "1")
        }
    }

    @Test("A token without the scope approve is told so, and may decline what it asked for, and nothing else")
    func ownDecline() async throws {
        try await withWrite(905) { api in
            var events: [ChatStreamEvent] = []
            for try await event in try await api.say("Write", as: "writer") {
                events.append(event)
                guard event.name == "approval" else { continue }
                #expect(event.data["approval"]?["mayApprove"] == false)
                #expect(try await answer(api, event, "decline", as: "reader").code == "insufficient-scope")
                #expect(try await answer(api, event, "approve", as: "writer").code == "insufficient-scope")
                let done = try await answer(api, event, "decline", as: "writer")
                #expect(done.status == 200 && done["decision"] == "decline")
            }
            #expect(events.first("approval_answer")?.data["decision"] == "decline")
            #expect(try await count(api, 905) == "0")
        }
    }

    @Test("A question of a turn that was stopped cannot be answered")
    func stopped() async throws {
        try await withWrite(903) { api in
            var question: ChatStreamEvent?
            var turn = ""
            for try await event in try await api.say("Write", as: "anna") {
                if event.name == "turn" { turn = event.data["turn"]?.string ?? "" }
                guard event.name == "approval" else { continue }
                question = event
                #expect(try await api.send("DELETE", "/api/v1/chat/\(turn)", as: "anna").status == 204)
            }
            let late = try await answer(api, try #require(question), "approve", as: "anna")
            #expect(late.status == 410, "\(late.json)")
            #expect(try await count(api, 903) == "0")
        }
    }

    @Test("A question of somebody who may not write is none: the write is refused")
    func reader() async throws {
        try await withWrite(904) { api in
            let events = try await api.say("Write", as: "guest").all()
            #expect(events.first("approval") == nil && events.first("result")?.data["isError"] == true)
            #expect(try await count(api, 904) == "0")
        }
    }
}

@Suite("A turn that runs")
struct RunningTurnTests {
    private static let anna = Principal(id: "user:anna", name: "anna", scopes: [.read, .write])
    private static let start = ChatEvent.turn(
        ChatTurnStart(
            conversation: "c", turn: "t", title: "", index: 4, database: nil, allowWrites: false, provider: "p",
            model: "m"))

    @Test("takes an answer until the approval expires")
    func expiry() async throws {
        let turn = RunningTurn(caller: Self.anna, limits: ChatTurnLimits())
        let expires = try #require(Timestamp("2026-01-01T00:05:00Z"))
        let gate = Gate()
        let asked = Gate()
        turn.start(
            { _, tell in
                try await tell(Self.start)
                try await tell(
                    .approval(call: "1", approval: ["id": "a", "database": "d", "expires": .string(expires.text)]))
                try await gate.wait()
            }, onBegin: { _ in }, onQuestion: { _ in asked.open() }, onEnd: {})
        #expect(try await turn.begun() == "t")
        try await asked.wait()
        #expect(throws: ApprovalError.expired) {
            try turn.answer("a", .approve, by: .person(Self.anna), now: expires)
        }
        #expect(throws: ApprovalError.notAuthentic) {
            try turn.answer("b", .approve, by: .person(Self.anna), now: expires - .seconds(1))
        }
        try turn.answer("a", .approve, by: .person(Self.anna), now: expires - .seconds(1))
        #expect(throws: ApprovalError.spent) {
            try turn.answer("a", .decline, by: .person(Self.anna), now: expires - .seconds(1))
        }
        turn.stop()
    }

    @Test("has no reader when the one who asked for it went before it began")
    func goneBeforeItBegan() async throws {
        let turns = ChatTurns()
        let (asked, begin, told, end) = (Gate(), Gate(), Gate(), Gate())
        let start = Task {
            _ = try await turns.start(for: Self.anna) { _, tell in
                asked.open()
                try await begin.wait()
                try await tell(Self.start)
                told.open()
                try await end.wait()
            }
        }
        try await asked.wait()
        start.cancel()
        await #expect(throws: CancellationError.self) { try await start.value }
        begin.open()
        try await told.wait()
        let turn = try #require(turns.running(in: "c"))
        #expect(!turn.stream.isAttached)
        turns.end()
    }

    @Test("says why it did not begin")
    func failure() async throws {
        let turn = RunningTurn(caller: Self.anna, limits: ChatTurnLimits())
        turn.start(
            { _, _ in throw ChatFailure(.busy, "busy") }, onBegin: { _ in }, onQuestion: { _ in }, onEnd: {})
        await #expect(throws: ChatFailure(.busy, "busy")) { _ = try await turn.begun() }
    }

    @Test("ends with done even where the chat failed in its midst")
    func brokenOff() async throws {
        struct Broken: Error {}
        let turn = RunningTurn(caller: Self.anna, limits: ChatTurnLimits())
        turn.start(
            { _, tell in
                try await tell(Self.start)
                throw Broken()
            }, onBegin: { _ in }, onQuestion: { _ in }, onEnd: {})
        _ = try await turn.begun()
        let reader = try #require(turn.stream.attach())
        var bytes: [UInt8] = []
        while case .events(let entries, let isLast) = await turn.stream.next(reader) {
            bytes += entries.flatMap(\.bytes)
            if isLast { break }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix("event: done\nid: t.2\ndata: {\"reason\":\"failed\",\"index\":4}\n\n"))
    }

    @Test("holds so much for a reader that does not read, and for none", arguments: [true, false])
    func bounded(hasReader: Bool) async throws {
        var limits = ChatTurnLimits()
        limits.bufferBytes = 10_000
        limits.retainedBytes = 10_000
        limits.unread = .seconds(3600)
        let turn = RunningTurn(caller: Self.anna, limits: limits)
        if hasReader { _ = turn.stream.attach() }
        let (told, teller) = AsyncStream.makeStream(of: Int.self)
        turn.start(
            { _, tell in
                try await tell(Self.start)
                for number in 0..<200 {
                    teller.yield(number)
                    try await tell(.text(String(repeating: "x", count: 1000)))
                }
                teller.finish()
            }, onBegin: { _ in }, onQuestion: { _ in }, onEnd: {})
        for await number in told {
            #expect(turn.stream.storedBytes < 25_000)
            // With a reader who takes nothing the chat waits; without one it goes on, and the oldest go.
            if hasReader, number == 9 { break }
        }
        if !hasReader {
            #expect(turn.stream.attach(after: 1) == nil)
        }
        turn.stop()
    }
}
