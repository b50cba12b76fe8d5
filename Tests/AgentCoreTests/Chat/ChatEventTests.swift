import AgentModels
import MCPProtocol
import Testing

@testable import AgentCore

@Suite("Events of the chat")
struct ChatEventTests {
    static let events: [ChatEvent] = [
        .turn(
            ChatTurnStart(
                conversation: "c", turn: "t", title: "Orders", index: 4, database: "shop", allowWrites: true,
                provider: "anthropic", model: "m")),
        .turn(
            ChatTurnStart(
                conversation: "c", turn: "t", title: "", index: 0, database: nil, allowWrites: false, provider: "p",
                model: "m")),
        .text("häl"), .thinking("hm"),
        .toolCall(id: "1", name: "query_database", arguments: ["query": "SELECT 1"], sql: "SELECT 1", database: "shop"),
        .toolCall(id: "2", name: "list_databases", arguments: [:], sql: nil, database: nil),
        .approval(call: "1", approval: ["id": "a"]), .approvalAnswer(call: "1", id: "a", decision: .expired),
        .result(call: "1", isError: false, text: "1 row", elapsedMs: 1.5, result: ["rows": [[1]]]),
        .result(call: "1", isError: true, text: "no", elapsedMs: 0, result: nil),
        .usage(ModelUsage(inputTokens: 3, outputTokens: 2, cachedInputTokens: 1), steps: 2),
        .retry(attempt: 2, delayMs: 500, reason: "overloaded"), .compacted(tokensBefore: 10, tokensAfter: 5),
        .error(code: "overloaded", message: "later"), .done(ChatEnd(reason: .stepLimit, index: 7)),
    ]

    @Test("An event that went over the wire is the same again", arguments: events)
    func roundTrip(event: ChatEvent) throws {
        let bytes = JSONValue.object(event.json).serialized()
        let json = try #require(try JSONValue.parse(bytes).object)
        #expect(ChatEvent(name: event.name, json: json) == event)
    }

    @Test("What is not known, or not as it should be, is no event")
    func unknown() {
        #expect(ChatEvent(name: "news", json: ["text": "x"]) == nil)
        #expect(ChatEvent(name: "text", json: ["text": 1]) == nil)
        #expect(ChatEvent(name: "done", json: ["reason": "bored", "index": 1]) == nil)
    }
}

@Suite("What is kept of a conversation")
struct ConversationMaskTests {
    @Test("Passwords in words, statements and results are not kept, and nothing else changes")
    func masked() {
        let message = ModelMessage(
            role: .assistant,
            parts: [
                .text("connect with postgres://app:hunter2@host/db"),
                .thinking(ModelThinking(text: "password=hunter2")),
                .thinking(ModelThinking(text: "count them", opaque: "signature")),
                .toolCall(
                    ModelToolCall(
                        id: "1", name: "query_database",
                        arguments: ["query": "ALTER ROLE app PASSWORD 'hunter2'", "database": "shop"],
                        opaque: ["arguments": "hunter2"])),
                .toolResult(Spoken.result("1", "options: password=hunter2")),
            ])
        let masked = ConversationMask.masked(message)
        #expect(!"\(masked)".contains("hunter2"))
        #expect(masked.parts.count == 4)
        #expect(masked.calls.first?.arguments["query"] == "ALTER ROLE app PASSWORD '***'")
        #expect(masked.calls.first?.arguments["database"] == "shop")
        let plain = ModelMessage(role: .user, parts: [.text("How many orders?")])
        #expect(ConversationMask.masked(plain) == plain)
    }

    @Test("Of many rows as many are kept as are read again, without passwords, and it says so")
    func rows() throws {
        let rows = JSONValue.array(
            (0..<5_000).map { number -> JSONValue in [.integer(Int64(number)), "postgres://u:hunter2@h/db"] })
        let kept = try #require(
            StoredRows.kept(
                ["rows": rows, "rowCount": 5_000, "truncated": false, "nextOffset": .null, "warnings": []], offset: 100
            ).object)
        let count = try #require(kept["rows"]?.array?.count)
        #expect((100..<5_000).contains(count))
        #expect(kept["rowCount"]?.int == count && kept["nextOffset"]?.int == 100 + count)
        #expect(kept["truncated"] == true && kept["warnings"]?.array?.count == 1)
        #expect(!JSONValue.object(kept).description.contains("hunter2"))
    }
}
