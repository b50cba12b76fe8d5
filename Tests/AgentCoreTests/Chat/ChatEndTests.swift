import AgentModels
import AuthTokens
import MCPProtocol
import Synchronization
import Testing

@testable import AgentCore

@Suite("A turn that is stopped, and one that is cut off")
struct ChatEndTests {
    private static let table = "CREATE TABLE public.ledger (entry text);"
    private static let insert = "INSERT INTO public.ledger VALUES ('once')"

    private func write(_ id: String = "1", _ sql: String = insert) -> ModelMessage {
        ModelMessage(role: .assistant, parts: [.toolCall(Spoken.call(id, sql))])
    }

    private func entries(_ fixture: ChatFixture) async throws -> String {
        try await fixture.agent.psql("SELECT count(*) FROM public.ledger")
    }

    /// Runs a turn and cancels it when `moment` is told of.
    private func cancel(
        _ fixture: ChatFixture, at moment: String,
        approve: @escaping @Sendable (ChatApproval) async throws -> Decision = { _ in .decline }
    ) async throws -> (ChatEnd, Followed) {
        let followed = Followed()
        let (moments, reached) = AsyncStream.makeStream(of: Void.self)
        let chat = fixture.chat
        let turn = Task {
            try await chat.turn(ChatRequest(message: "Go", caller: .local), approve: approve) { event in
                followed.note(event)
                if event.name == moment { reached.finish() }
            }
        }
        for await _ in moments {}
        turn.cancel()
        return (try await turn.value, followed)
    }

    @Test("Stopping while the model answers stores what was whole, and says so last")
    func whileAnswering() async throws {
        let provider = ScriptedAnswers({ _ in
            try await Task.sleep(for: .seconds(600))
            return Spoken.answer(Spoken.model("late"))
        })
        try await ChatFixture.with(provider) { fixture in
            let (end, followed) = try await cancel(fixture, at: "turn")
            #expect(end == ChatEnd(reason: .cancelled, index: 0))
            #expect(followed.events.last == .done(end))
            #expect(try await fixture.stored().map(\.message.words) == ["Go"])
        }
    }

    @Test("Stopping ends the query on the server, and the call gets a result that says so")
    func whileQuerying() async throws {
        let provider = ScriptedAnswers([write("1", "SELECT pg_sleep(600)")])
        try await ChatFixture.with(provider) { fixture in
            let (end, followed) = try await cancel(fixture, at: "tool_call")
            #expect(end == ChatEnd(reason: .cancelled, index: 2))
            #expect(followed.names.last == "done")
            let stored = try await fixture.stored()
            #expect(stored[2].message.results.map(\.callID) == ["1"])
            #expect(stored[2].message.results.first?.isError == true)
            let running = try await fixture.agent.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' "
                    + "AND pid <> pg_backend_pid() AND datname = current_database()")
            #expect(running == "0")
        }
    }

    @Test("Stopping while a person is asked runs nothing, and the model will be told so")
    func whileAsking() async throws {
        let provider = ScriptedAnswers([write()])
        try await ChatFixture.with(provider, sql: Self.table, writes: true) { fixture in
            let (end, _) = try await cancel(fixture, at: "approval") { _ in
                try await Task.sleep(for: .seconds(600))
                return .approve
            }
            #expect(end.reason == .cancelled)
            #expect(try await fixture.stored()[2].message.results.first?.text.contains("nothing was run") == true)
            #expect(try await entries(fixture) == "0")
        }
    }

    @Test("What the audience throws ends the turn, and comes out of it; what happened is stored")
    func audienceGone() async throws {
        struct Closed: Error {}
        let provider = ScriptedAnswers([write("1", "SELECT 1"), Spoken.model("Done.")])
        try await ChatFixture.with(provider) { fixture in
            await #expect(throws: Closed.self) {
                try await fixture.chat.turn(
                    ChatRequest(message: "Go", caller: .local), approve: { _ in .decline },
                    onEvent: { if $0.name == "result" { throw Closed() } })
            }
            let stored = try await fixture.stored()
            #expect(stored[2].message.results.first?.isError == false)
            #expect(provider.requests.count == 1)
        }
    }

    @Test("A question that nobody answers in time has expired, and is no approval")
    func expired() async throws {
        let desk = ApprovalDesk(secret: nil, stateDirectory: nil, lifetime: .seconds(0)) { .now }
        let question = ApprovalQuestion(
            approval: desk.issue(sql: Self.insert, database: "shop", dryRun: false, principal: "local"),
            sql: Self.insert, kinds: ["INSERT"], statements: 1, estimatedRows: nil, warnings: [], isAlone: false)
        let followed = Followed()
        let audience = ChatAudience(
            approve: { _ in
                try await Task.sleep(for: .seconds(600))
                return .approve
            }, onEvent: { followed.note($0) })
        #expect(try await audience.decide(question, call: "1") == .expired)
        #expect(
            followed.events.last == .approvalAnswer(call: "1", id: question.approval.id, decision: .expired))
        // One that was answered too late is as good.
        let late = ChatAudience(approve: { _ in .approve }, onEvent: { _ in })
        #expect(try await late.decide(question, call: "1") == .expired)
    }

    /// Notes what the guard reports.
    private final class Listener: GuardObserver {
        let calls = Mutex<[GuardedCall]>([])
        func finished(_ call: GuardedCall) async { calls.withLock { $0.append(call) } }
    }

    @Test(
        "Who asked with which token, and who answered with which, goes on record",
        arguments: [Decision.approve, .decline])
    func onRecord(decision: Decision) async throws {
        let listener = Listener()
        try await ChatFixture.with(ScriptedAnswers([]), sql: Self.table, writes: true) { fixture in
            let agent = try Agent(
                configuration: fixture.agent.agent.configuration, logger: fixture.agent.agent.logger,
                observers: [listener])
            let provider = ScriptedAnswers([write(), Spoken.model("Done.")])
            let chat = Chat(agent: agent, provider: provider, model: "scripted", store: fixture.store)
            try await chat.turn(
                ChatRequest(message: "Write it down", caller: .local, tokenID: "t1"),
                approve: { approval in
                    approval.answered(by: "token:boss", tokenID: "t2")
                    return decision
                }, onEvent: { _ in })
            await agent.shutdown()
        }
        let written = try #require(listener.calls.withLock { $0.last { $0.approvalID != nil } })
        #expect(written.origin.tokenID == "t1" && written.origin.principal?.id == "local")
        #expect(written.answerer == CallAnswerer(principal: "token:boss", tokenID: "t2"))
        let record = String(decoding: AuditMembers(written, text: .none).bytes, as: UTF8.self)
        #expect(record.contains(#""answeredBy":"token:boss""#) && record.contains(#""answeredByTokenId":"t2""#))
    }

    /// A store that stops storing, as a process that is killed does.
    private final class CutStore: ConversationStore {
        struct Cut: Error {}
        private let store: any ConversationStore
        private let left: Mutex<Int>

        init(_ store: any ConversationStore, after count: Int) {
            self.store = store
            left = Mutex(count)
        }

        func append(_ messages: [StoredMessage], to id: String, owner: String) async throws {
            guard
                left.withLock({
                    $0 -= 1; return $0 >= 0
                })
            else { throw Cut() }
            try await store.append(messages, to: id, owner: owner)
        }

        func create(owner: String, title: String, database: String?) async throws -> Conversation {
            try await store.create(owner: owner, title: title, database: database)
        }
        func list(owner: String, search: String?, limit: Int, before: String?) async throws -> [Conversation] {
            try await store.list(owner: owner, search: search, limit: limit, before: before)
        }
        func conversation(_ id: String, owner: String) async throws -> Conversation? {
            try await store.conversation(id, owner: owner)
        }
        func messages(of id: String, owner: String) async throws -> [StoredMessage] {
            try await store.messages(of: id, owner: owner)
        }
        func truncate(_ id: String, owner: String, from index: Int) async throws {
            try await store.truncate(id, owner: owner, from: index)
        }
        func rename(_ id: String, owner: String, title: String) async throws {
            try await store.rename(id, owner: owner, title: title)
        }
        func setDatabase(_ id: String, owner: String, _ database: String?) async throws {
            try await store.setDatabase(id, owner: owner, database)
        }
        func delete(_ id: String, owner: String) async throws -> Bool { try await store.delete(id, owner: owner) }
    }

    @Test(
        "Wherever a turn with a write is cut off, the conversation goes on and the write has run at most once",
        arguments: 1...3)
    func cutOff(after stored: Int) async throws {
        let provider = ScriptedAnswers([write(), Spoken.model("Written.")])
        try await ChatFixture.with(provider, sql: Self.table, writes: true) { fixture in
            let cut = Chat(
                agent: fixture.agent.agent, provider: provider, model: "scripted",
                store: CutStore(fixture.store, after: stored))
            let followed = Followed()
            let end = try await cut.turn(
                ChatRequest(message: "Write it down", caller: .local), approve: { _ in .approve },
                onEvent: { followed.note($0) })
            #expect(end.reason == .failed && followed.contains("error"))
            // 1: the call could not be stored, so it was not run. 2: it ran, and what came of it was lost. 3: all but the words.
            #expect(try await entries(fixture) == (stored == 1 ? "0" : "1"))

            let next = ScriptedAnswers([Spoken.model("I look before I write again.")])
            let resumed = Chat(
                agent: fixture.agent.agent, provider: next, model: "scripted", store: fixture.store)
            let id = try await fixture.conversation().id
            let again = try await resumed.turn(
                ChatRequest(message: "And now?", conversation: id, caller: .local), approve: { _ in .approve },
                onEvent: { _ in })
            #expect(again.reason == .answered)
            let sent = try #require(next.requests.first).messages
            #expect(Spoken.isPaired(sent))
            let results = sent.flatMap(\.results)
            switch stored {
            case 1: #expect(results.isEmpty)
            case 2: #expect(results.map(\.text) == [Transcript.interrupted])
            default: #expect(results.first?.text.hasPrefix("Done on") == true)
            }
            #expect(try await entries(fixture) == (stored == 1 ? "0" : "1"))
        }
    }

    @Test("Passwords in a statement are not kept with the conversation, while the turn works with them")
    func secrets() async throws {
        let sql = "SELECT 'postgres://app:hunter2@host/db' AS url"
        let provider = ScriptedAnswers([write("1", sql), Spoken.model("Its password=hunter2 is there.")])
        try await ChatFixture.with(provider) { fixture in
            let (_, followed) = try await fixture.say("Is postgres://app:hunter2@host/db there?")
            #expect(followed.results.first?.text.contains("hunter2") == true)
            #expect(provider.requests[1].messages.last?.results.first?.text.contains("hunter2") == true)
            let stored = try await fixture.stored()
            #expect(stored.count == 4)
            #expect(!"\(stored)".contains("hunter2"))
            #expect(!(try await fixture.conversation().title).contains("hunter2"))
        }
    }
}
