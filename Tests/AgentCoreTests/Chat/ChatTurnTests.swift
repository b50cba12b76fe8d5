import AgentModels
import AuthTokens
import MCPProtocol
import Synchronization
import Testing

@testable import AgentCore

@Suite("A turn of the chat")
struct ChatTurnTests {
    private func query(_ sql: String, id: String = "1", _ more: JSONObject = [:]) -> ModelMessage {
        var call = Spoken.call(id, sql)
        for (key, value) in more { call.arguments[key] = value }
        return ModelMessage(role: .assistant, parts: [.toolCall(call)])
    }

    @Test("Events come in order, the page gets rows, the model the compact text, and each message is stored")
    func order() async throws {
        let provider = ScriptedAnswers([query("SELECT 42 AS answer, 7::bigint AS wide"), Spoken.model("It is **42**.")])
        try await ChatFixture.with(provider) { fixture in
            let (end, followed) = try await fixture.say("What is the answer?")
            #expect(end == ChatEnd(reason: .answered, index: 3))
            #expect(followed.names == ["turn", "usage", "tool_call", "result", "text", "usage", "done"])
            guard case .turn(let start) = followed.events[0],
                case .toolCall(_, _, _, let sql, let database) = followed.events[2]
            else { throw AgentFixture.Unexpected(what: "\(followed.events)") }
            #expect(start.title == "What is the answer?" && start.index == 0 && start.database == "shop")
            #expect(!start.allowWrites && start.provider == "scripted" && start.model == "scripted")
            #expect(sql == "SELECT 42 AS answer, 7::bigint AS wide" && database == "shop")
            let result = try #require(followed.results.first)
            #expect(result.result?["rows"] == [[42, "7"]])
            #expect(result.result?["command"] == "SELECT" && result.result?["database"] == "shop")
            #expect(result.text.contains("answer\twide\n42\t7"))
            let stored = try await fixture.stored()
            #expect(stored.map(\.message.role) == [.user, .assistant, .user, .assistant])
            #expect(stored.map(\.index) == [0, 1, 2, 3])
            #expect(stored[2].details["1"]?.result?["rows"] == [[42, "7"]])
            #expect(stored[1].usage?.inputTokens == 100)
            // What the model is told of its tools and its task.
            let request = try #require(provider.requests.first)
            #expect(request.system.contains("\"shop\", which is read-only here"))
            #expect(request.system.contains("public.customers"))
            #expect(request.system.contains("PRIMARY KEY (id)"))
            #expect(request.system.contains("<untrusted-data-"))
            let tool = try #require(request.tools.first { $0.name == "query_database" })
            #expect(tool.inputSchema["properties"]?["structured"] == nil)
            #expect(JSONValue.object(tool.inputSchema).description.contains("default: \\\"shop\\\""))
            // The instructions are the same bytes in each step, and so can be cached.
            #expect(provider.requests[1].system == request.system)
        }
    }

    @Test("A conversation goes on with what was said, and the chosen database is meant where none is named")
    func goesOn() async throws {
        let provider = ScriptedAnswers([
            Spoken.model("Hello."), query("SELECT current_database()"), Spoken.model("Done."),
        ])
        try await ChatFixture.with(
            provider,
            adjust: { configuration in
                var other = configuration.databases[0]
                other.name = "second"
                configuration.databases.append(other)
            }
        ) { fixture in
            try await fixture.say("Hello")
            let id = try await fixture.conversation().id
            let (end, followed) = try await fixture.say("And now?", in: id, database: "second")
            #expect(end.reason == .answered && end.index == 5)
            #expect(followed.results.first?.result?["database"] == "second")
            #expect(provider.requests[1].messages.count == 3)
            #expect(try await fixture.conversation().database == "second")
        }
    }

    @Test("Nothing begins for a message that is none, a conversation of somebody else, or a database that is not there")
    func refusals() async throws {
        try await ChatFixture.with(ScriptedAnswers([Spoken.model("Hello.")])) { fixture in
            func code(_ body: () async throws -> Void) async -> ChatFailure.Code? {
                do {
                    try await body()
                    return nil
                } catch {
                    return (error as? ChatFailure)?.code
                }
            }
            #expect(await code { try await fixture.say("  \n") } == .badRequest)
            #expect(await code { try await fixture.say(String(repeating: "x", count: 100_001)) } == .badRequest)
            #expect(await code { try await fixture.say("a", database: "shoop") } == .unknownDatabase)
            #expect(await code { try await fixture.say("a", replacingFrom: 0) } == .badRequest)
            try await fixture.say("Hello")
            let id = try await fixture.conversation().id
            let other = Principal(id: "other", name: "other", scopes: [.read])
            #expect(await code { try await fixture.say("a", in: id, caller: other) } == .unknownConversation)
            #expect(await code { try await fixture.say("a", in: id, replacingFrom: 1) } == .badRequest)
            #expect(try await fixture.stored().count == 2)
        }
    }

    @Test("What is edited and sent again replaces all that came after it")
    func replacing() async throws {
        let provider = ScriptedAnswers([Spoken.model("One."), Spoken.model("Two."), Spoken.model("Three.")])
        try await ChatFixture.with(provider) { fixture in
            try await fixture.say("first")
            let id = try await fixture.conversation().id
            try await fixture.say("second", in: id)
            let (end, _) = try await fixture.say("better", in: id, replacingFrom: 2)
            #expect(end.index == 3)
            #expect(try await fixture.stored().map(\.message.words) == ["first", "One.", "better", "Three."])
            #expect(provider.requests[2].messages.map(\.words) == ["first", "One.", "better"])
        }
    }

    @Test("Calls that only read run together; each is answered, in order")
    func parallel() async throws {
        let calls = ModelMessage(
            role: .assistant,
            parts: (1...5).map { .toolCall(Spoken.call("\($0)", "SELECT \($0), pg_sleep(0.1)")) })
        let provider = ScriptedAnswers([calls, Spoken.model("Done.")])
        try await ChatFixture.with(provider) { fixture in
            let (end, followed) = try await fixture.say("Five things")
            #expect(end.reason == .answered)
            #expect(followed.results.count == 5 && followed.results.allSatisfy { !$0.isError })
            // All were told of before the first had an answer.
            #expect(Array(followed.names.prefix(7)) == ["turn", "usage"] + Array(repeating: "tool_call", count: 5))
            #expect(provider.requests[1].messages.last?.results.map(\.callID) == ["1", "2", "3", "4", "5"])
        }
    }

    @Test("A database that is trusted to be asked elsewhere is asked about here all the same: nobody has seen the SQL")
    func clientConfirmation() async throws {
        let provider = ScriptedAnswers([query("DELETE FROM sales.orders"), Spoken.model("Not done.")])
        try await ChatFixture.with(
            provider, writes: true, adjust: { $0.databases[0].writeConfirmation = .client }
        ) { fixture in
            let (_, followed) = try await fixture.say("Delete them", approve: { _ in .decline })
            #expect(followed.contains("approval"))
            #expect(try await fixture.agent.psql("SELECT count(*) FROM sales.orders") == "100")
        }
    }

    @Test("Whatever asking a person throws is no approval")
    func failingApproval() async throws {
        let provider = ScriptedAnswers([query("DELETE FROM sales.orders"), Spoken.model("Not done.")])
        try await ChatFixture.with(provider, writes: true) { fixture in
            let (end, followed) = try await fixture.say("Delete them") { _ in
                throw AgentFixture.Unexpected(what: "end of input")
            }
            #expect(end.reason == .answered)
            #expect(followed.names.contains("approval_answer"))
            #expect(followed.results.first?.isError == true)
            #expect(try await fixture.agent.psql("SELECT count(*) FROM sales.orders") == "100")
        }
    }

    @Test("A write among reads runs alone and in its place, and is asked about once")
    func mixed() async throws {
        let calls = ModelMessage(
            role: .assistant,
            parts: [
                .toolCall(Spoken.call("1", "SELECT count(*) FROM sales.orders")),
                .toolCall(Spoken.call("2", "DELETE FROM sales.orders WHERE id <= 10")),
                .toolCall(Spoken.call("3", "SELECT count(*) FROM sales.orders")),
            ])
        let provider = ScriptedAnswers([calls, Spoken.model("Done.")])
        try await ChatFixture.with(provider, writes: true) { fixture in
            let asked = Mutex(0)
            let (_, followed) = try await fixture.say("Delete ten") { approval in
                asked.withLock { $0 += 1 }
                #expect(approval.callID == "2" && approval.question.sql == "DELETE FROM sales.orders WHERE id <= 10")
                return .approve
            }
            #expect(asked.withLock { $0 } == 1)
            #expect(followed.results.compactMap { $0.result?["rows"] } == [[["100"]], [], [["90"]]])
            #expect(followed.results[1].result?["committed"] == true)
            #expect(followed.results[1].result?["command"] == "DELETE")
        }
    }

    @Test("A call that fails again and again ends the turn")
    func repeatedFailure() async throws {
        let provider = ScriptedAnswers(
            (0..<9).map { query("SELECT nothing FROM nowhere", id: "\($0)") } as [ModelMessage])
        try await ChatFixture.with(provider) { fixture in
            let (end, followed) = try await fixture.say("Try")
            #expect(end.reason == .repeatedFailure)
            #expect(followed.results.count == 3)
            #expect(followed.names.last == "done")
            // The next turn is in pairs all the same.
            #expect(
                Spoken.isPaired(Transcript.paired(try await fixture.stored().map(\.message) + [Spoken.person("x")])))
        }
    }

    @Test("A failure of the service is told, and the conversation stays")
    func serviceFailure() async throws {
        let provider = ScriptedAnswers(
            { _ in throw ModelFailure(.overloaded, "The service is overloaded.", status: 529) },
            { _ in Spoken.answer(Spoken.model("Now.")) })
        try await ChatFixture.with(provider) { fixture in
            let (end, followed) = try await fixture.say("Hello")
            #expect(end == ChatEnd(reason: .failed, index: 0))
            #expect(followed.events.contains(.error(code: "overloaded", message: "The service is overloaded.")))
            let again = try await fixture.say("Again", in: try await fixture.conversation().id)
            #expect(again.end.reason == .answered)
            #expect(provider.requests[1].messages.count == 1)
        }
    }

    @Test("When the service says that the conversation is too long, it is asked again with less")
    func contextFull() async throws {
        let rows = query("SELECT repeat('x', 60) FROM generate_series(1, 200)")
        let provider = ScriptedAnswers(
            { _ in Spoken.answer(rows) }, { _ in Spoken.answer(Spoken.model("Many.")) },
            { _ in throw ModelFailure(.contextFull, "Too long.", status: 400) },
            { _ in Spoken.answer(Spoken.model("Shorter.")) })
        try await ChatFixture.with(provider) { fixture in
            try await fixture.say("Rows")
            let (end, followed) = try await fixture.say("And?", in: try await fixture.conversation().id)
            #expect(end.reason == .answered)
            #expect(followed.contains("compacted"))
            let sizes = provider.requests.suffix(2).map { $0.messages.reduce(0) { $0 + $1.byteCount } }
            #expect(sizes[1] < sizes[0])
        }
    }

    @Test("A long result is cut for the model, which is told how to go on; the page has all of it")
    func longResult() async throws {
        let provider = ScriptedAnswers([
            query("SELECT n, repeat('x', 100) AS filler FROM generate_series(1, 900) n ORDER BY n"),
            Spoken.model("Many."),
        ])
        try await ChatFixture.with(provider) { fixture in
            let (_, followed) = try await fixture.say("All")
            let result = try #require(followed.results.first)
            #expect(result.text.utf8.count < 26_000)
            #expect(result.text.hasPrefix("NOT ALL: you are shown the first "))
            #expect(result.result?["rows"]?.array?.count == 900)
            let shown = try #require(Int(result.text.split(separator: " ")[7]))
            #expect(result.text.contains("offset \(shown)"))
            #expect(result.text.contains("\n\(shown)\txxx") && !result.text.contains("\n\(shown + 1)\t"))
            let name = result.text.split(separator: "\n")[2].dropFirst().dropLast()
            #expect(result.text.hasSuffix("</\(name)>\n"))
        }
    }

    @Test("Two turns of one conversation do not run at once")
    func busy() async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let provider = ScriptedAnswers(
            { _ in Spoken.answer(Spoken.model("Hello.")) },
            { _ in
                start.finish()
                for await _ in released {}
                return Spoken.answer(Spoken.model("Slow."))
            })
        try await ChatFixture.with(provider) { fixture in
            try await fixture.say("Hello")
            let id = try await fixture.conversation().id
            async let slow = fixture.say("Slowly", in: id)
            for await _ in started {}
            await #expect(throws: ChatFailure.self) { try await fixture.say("Quickly", in: id) }
            release.finish()
            #expect(try await slow.end.reason == .answered)
        }
    }
}
