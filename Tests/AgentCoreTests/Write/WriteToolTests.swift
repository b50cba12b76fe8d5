import AuthTokens
import MCPProtocol
import Synchronization
import Testing

@testable import AgentCore

@Suite("Writes through query_database")
struct WriteToolTests {
    private static let table =
        "CREATE TABLE public.things (id int PRIMARY KEY, name text); INSERT INTO public.things VALUES (1, 'a'), (2, 'b');"

    private func with<Value>(
        _ confirmation: WriteConfirmation = .required, sql: String = table,
        _ body: (AgentFixture) async throws -> Value
    ) async throws -> Value {
        try await AgentFixture.with(sql: sql) {
            $0.databases[0].allowWrites = true
            $0.databases[0].writeConfirmation = confirmation
        } _: {
            try await body($0)
        }
    }

    /// Calls as a client that can ask a person, who answers as told.
    private func call(
        _ fixture: AgentFixture, _ arguments: JSONObject, answer: ElicitationResult?,
        seen: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> ToolResult {
        let capabilities = answer == nil ? ClientCapabilities() : ClientCapabilities(elicitation: .init())
        let context = RequestContext.local(
            caller: Principal.local, clientCapabilities: capabilities,
            ask: { asked in
                guard case .form(let form) = asked.question, let answer else {
                    throw AgentFixture.Unexpected(what: "\(asked)")
                }
                seen(form.message)
                return .elicitation(answer)
            })
        guard
            case .result(let result) = try await fixture.service.callTool(
                "query_database", arguments: arguments, context: context)
        else { throw AgentFixture.Unexpected(what: "asked for input") }
        return result
    }

    private func things(_ fixture: AgentFixture) async throws -> String {
        try await fixture.psql("SELECT string_agg(id || name, ',' ORDER BY id) FROM public.things")
    }

    @Test("An accepted write runs, and says what it did")
    func accepted() async throws {
        try await with { fixture in
            let message = Mutex("")
            let sql = "UPDATE public.things SET name = 'x' RETURNING id, name"
            let result = try await call(fixture, ["query": .string(sql), "structured": true], answer: .accept([:])) {
                text in
                message.withLock { $0 = text }
            }
            #expect(!result.isError)
            #expect(result.text.hasPrefix("Done on \"shop\" in "))
            #expect(result.text.contains("committed: UPDATE, 2 rows"))
            #expect(result.text.contains("<untrusted-data-"))
            #expect(result.structuredContent?["committed"] == true)
            #expect(result.structuredContent?["statements"] == [["command": "UPDATE", "rows": 2]])
            #expect(result.structuredContent?["rows"] == [[1, "x"], [2, "x"]])
            #expect(try await things(fixture) == "1x,2x")
            let shown = message.withLock { $0 }
            #expect(shown.hasSuffix("\n" + sql))
            #expect(shown.contains("WARNING: UPDATE without WHERE"))
            #expect(shown.contains("\"shop\""))
            #expect(shown.contains("about "))
        }
    }

    @Test("Declined and dismissed are two outcomes; both tell the model not to try again")
    func declined() async throws {
        try await with { fixture in
            for (answer, word) in [(ElicitationResult.decline, "declined"), (.cancel, "dismissed")] {
                let result = try await call(fixture, ["query": "DELETE FROM public.things"], answer: answer)
                #expect(result.isError)
                #expect(result.text.contains(word))
                #expect(result.text.contains("Do not retry this operation, and do not look for another way"))
                #expect(try await things(fixture) == "1a,2b")
            }
        }
    }

    @Test("A client that cannot ask is told how to go on, and nothing runs")
    func cannotAsk() async throws {
        try await with { fixture in
            let result = try await call(fixture, ["query": "DELETE FROM public.things"], answer: nil)
            #expect(result.isError)
            for way in ["elicitation", "agentctl query", "write_confirmation: client", "Nothing was run"] {
                #expect(result.text.contains(way))
            }
            #expect(try await things(fixture) == "1a,2b")
            // A read needs nobody.
            #expect(try await !call(fixture, ["query": "SELECT 1"], answer: nil).isError)
        }
    }

    @Test("With write_confirmation: client nobody is asked")
    func clientConfirms() async throws {
        try await with(.client) { fixture in
            let result = try await call(fixture, ["query": "DELETE FROM public.things WHERE id = 1"], answer: nil)
            #expect(!result.isError)
            #expect(try await things(fixture) == "2b")
        }
    }

    @Test("A dry run is asked about, and rolled back")
    func dryRun() async throws {
        try await with { fixture in
            let message = Mutex("")
            let result = try await call(
                fixture, ["query": "DELETE FROM public.things", "dry_run": true], answer: .accept([:])
            ) { text in message.withLock { $0 = text } }
            #expect(result.text.hasPrefix("DRY RUN on \"shop\", rolled back"))
            #expect(result.text.contains("DELETE, 2 rows"))
            #expect(result.structuredContent?["committed"] == false)
            #expect(message.withLock { $0 }.contains("roll it back"))
            #expect(try await things(fixture) == "1a,2b")
        }
    }

    @Test("A failure says that nothing was changed, in our own words, and frames the server's")
    func failure() async throws {
        try await with { fixture in
            let result = try await call(
                fixture, ["query": "DELETE FROM public.things; INSERT INTO public.things VALUES (1, 'a'), (1, 'b')"],
                answer: .accept([:]))
            #expect(result.isError)
            #expect(
                result.text.hasPrefix("Statement 2 of 2 failed, and all of them were rolled back: nothing was changed.")
            )
            #expect(result.text.contains("<untrusted-message-"))
            #expect(try await things(fixture) == "1a,2b")
        }
    }

    @Test("A write has no pages")
    func offset() async throws {
        try await with { fixture in
            let result = try await call(
                fixture, ["query": "DELETE FROM public.things", "offset": 1], answer: .accept([:]))
            #expect(result.isError && result.text.contains("offset"))
            #expect(try await things(fixture) == "1a,2b")
        }
    }

    @Test("Only where some database of the caller allows writes the tool says that it may destroy something")
    func annotations() async throws {
        try await AgentFixture.with { fixture in
            let listing = try await fixture.service.tools(.local(caller: Principal.local))
            let tool = try #require(listing.items.first { $0.name == "query_database" })
            #expect(tool.annotations.readOnlyHint && !tool.annotations.destructiveHint)
            #expect(tool.inputSchema["properties"]?["dry_run"] == nil)
            #expect(listing.scope == .public_)
            #expect(fixture.service.instructions?.contains("read-only") == true)
        }
        try await with { fixture in
            func tool(_ principal: Principal) async throws -> (Tool, CacheScope) {
                let listing = try await fixture.service.tools(.local(caller: principal))
                return (try #require(listing.items.first { $0.name == "query_database" }), listing.scope)
            }
            let (writing, scope) = try await tool(.local)
            #expect(!writing.annotations.readOnlyHint && writing.annotations.destructiveHint)
            #expect(!writing.annotations.idempotentHint)
            #expect(writing.inputSchema["properties"]?["dry_run"] != nil)
            #expect((20...900).contains(writing.description?.utf8.count ?? 0))
            #expect(scope == .private_)
            #expect(fixture.service.instructions?.contains("WRITES ARE ALLOWED on \"shop\"") == true)
            for principal in [
                Principal(id: "r", name: "r", scopes: [.read]),
                Principal(id: "d", name: "d", scopes: [.read, .write], databases: ["down"]),
            ] {
                let (reading, scope) = try await tool(principal)
                #expect(reading.annotations.readOnlyHint && !reading.annotations.destructiveHint)
                #expect(scope == .private_)
            }
        }
    }

    @Test("A caller without the right to write is refused, whoever could be asked")
    func noScope() async throws {
        try await with { fixture in
            let context = RequestContext.local(
                caller: Principal(id: "r", name: "r", scopes: [.read]),
                clientCapabilities: ClientCapabilities(elicitation: .init()),
                ask: { _ in .elicitation(.accept([:])) })
            let outcome = try await fixture.service.callTool(
                "query_database", arguments: ["query": "DELETE FROM public.things"], context: context)
            guard case .result(let result) = outcome else { throw AgentFixture.Unexpected(what: "asked") }
            #expect(result.isError && result.text.contains("no right to write"))
            #expect(try await things(fixture) == "1a,2b")
        }
    }
}
