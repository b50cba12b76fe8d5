import AgentModels
import MCPProtocol

@testable import AgentCore

/// Short ways to write a conversation down.
enum Spoken {
    static func person(_ text: String) -> ModelMessage { ModelMessage(role: .user, parts: [.text(text)]) }

    static func model(_ text: String) -> ModelMessage { ModelMessage(role: .assistant, parts: [.text(text)]) }

    static func call(_ id: String, _ sql: String = "SELECT 1") -> ModelToolCall {
        ModelToolCall(id: id, name: "query_database", arguments: ["query": .string(sql)])
    }

    static func calls(_ ids: String..., text: String? = nil) -> ModelMessage {
        ModelMessage(
            role: .assistant,
            parts: (text.map { [ModelPart.text($0)] } ?? []) + ids.map { ModelPart.toolCall(call($0)) })
    }

    static func result(_ id: String, _ text: String = "1 row", failed: Bool = false) -> ModelToolResult {
        ModelToolResult(callID: id, name: "query_database", text: text, isError: failed)
    }

    static func results(_ ids: String..., text: String = "1 row") -> ModelMessage {
        ModelMessage(role: .user, parts: ids.map { .toolResult(result($0, text)) })
    }

    static func answer(_ message: ModelMessage, _ stop: ModelStop? = nil, tokens: Int = 0) -> ModelAnswer {
        ModelAnswer(
            message: message, stop: stop ?? (message.calls.isEmpty ? .endOfTurn : .toolCalls),
            usage: ModelUsage(inputTokens: tokens, outputTokens: 10))
    }

    /// Whether a service would take the conversation: what the documentation of each asks for.
    static func isPaired(_ messages: [ModelMessage]) -> Bool {
        guard messages.first?.role == .user, messages.last?.role == .user else { return false }
        var open: [String] = []
        var previous: ModelMessage.Role?
        for message in messages {
            guard message.role != previous, !message.parts.isEmpty else { return false }
            previous = message.role
            guard message.results.map(\.callID) == open else { return false }
            open = message.calls.map(\.id)
        }
        return open.isEmpty
    }
}
