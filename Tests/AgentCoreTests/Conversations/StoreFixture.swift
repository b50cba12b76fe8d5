import AgentModels
import AuthTokens
import Foundation
import MCPProtocol
import PGConnector
import TestSupport

@testable import AgentCore

/// The stores that the same tests run on.
enum StoreKind: String, CaseIterable, Sendable {
    case folder, memory, postgres

    /// Gives `body` an empty store, and removes it afterwards.
    func withStore(
        limits: ConversationLimits = ConversationLimits(), _ body: (any ConversationStore) async throws -> Void
    ) async throws {
        switch self {
        case .memory: try await body(SQLiteConversations(directory: nil, limits: limits))
        case .folder:
            try await withStateFolder { folder in
                let store = SQLiteConversations(directory: folder, limits: limits)
                try await body(store)
                await store.shutdown()
            }
        case .postgres:
            let fixture = try PostgresFixture.shared()
            let configuration = fixture.configuration(database: try fixture.createDatabase("conversations"))
            let store = PostgresConversations(configuration: configuration, limits: limits)
            try await body(store)
            await store.shutdown()
        }
    }
}

extension StoredMessage {
    static func said(_ text: String, by role: ModelMessage.Role = .user) -> StoredMessage {
        StoredMessage(message: ModelMessage(role: role, parts: [.text(text)]))
    }
}

/// A conversation with every kind of part, and with the texts that are hard to keep.
let everyKindOfMessage: [StoredMessage] = [
    .said("Wie viele Bücher? \u{0} \u{1F600} \u{202E} \\ \" 'x' % _ \r\n \u{2028}"),
    StoredMessage(
        message: ModelMessage(
            role: .assistant,
            parts: [
                .thinking(
                    ModelThinking(
                        text: "", opaque: ["signature": "AbC+/=", "n": .number(number("1.50e+2")), "deep": [[["x"]]]])),
                .text("I look."),
                .toolCall(
                    ModelToolCall(
                        id: "call_1", name: "query_database",
                        arguments: ["query": "SELECT 1", "limit": 12_345_678_901_234_567], opaque: ["item": .null])),
                .toolCall(
                    ModelToolCall(id: "call_2", name: "count_rows", arguments: [:], malformedArguments: "{\"a\": ")),
            ]),
        usage: ModelUsage(inputTokens: 10, outputTokens: 20, cachedInputTokens: 5)),
    StoredMessage(
        message: ModelMessage(
            role: .user,
            parts: [
                .toolResult(ModelToolResult(callID: "call_1", name: "query_database", text: "?column?\n1\n")),
                .toolResult(ModelToolResult(callID: "call_2", name: "count_rows", text: "No JSON.", isError: true)),
            ]),
        details: [
            "call_1": StoredResult(
                elapsedMs: 1.25,
                result: ["columns": [["name": "?column?", "type": "integer"]], "rows": [[1]], "rowCount": 1]),
            "call_2": StoredResult(elapsedMs: 3, decision: .decline),
        ]),
    StoredMessage(message: ModelMessage(role: .assistant, parts: [.text("It is 1.")]), end: .maxTokens),
]

private func number(_ text: String) -> JSONNumber {
    guard case .number(let number)? = try? JSONValue.parse(text) else { preconditionFailure("\(text) is no number") }
    return number
}
