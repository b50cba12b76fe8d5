internal import AgentModels
internal import MCPProtocol

/// Takes secrets out of what is stored of a conversation: passwords by the rules of the ``StatementMask``, tokens and keys by
/// their shape (``SecretShapes``), and the values of columns that are called like secrets (``SecretColumns``). What the running
/// turn works with, and what the person sees of it, is not changed.
enum ConversationMask {
    /// The arguments that are statements, by their names.
    private static let statements: Set<String> = ["query", "where", "sql"]

    /// A text without what looks like a secret.
    static func masked(text: String) -> String { SecretShapes.masked(StatementMask.masked(text: text)) }

    /// The message without what looks like a secret.
    static func masked(_ message: ModelMessage) -> ModelMessage {
        ModelMessage(role: message.role, parts: message.parts.compactMap(masked))
    }

    private static func masked(_ part: ModelPart) -> ModelPart? {
        switch part {
        case .text(let text): return .text(masked(text: text))
        case .thinking(let thinking):
            // A service checks that its thoughts come back as they were: one that cannot is left out.
            return masked(text: thinking.text) == thinking.text ? part : nil
        case .toolCall(var call):
            let arguments = call.arguments
            call.arguments = JSONObject(arguments.map { ($0.key, masked(argument: $0.key, $0.value)) })
            call.malformedArguments = call.malformedArguments.map { masked(text: $0) }
            // It may hold the arguments once more.
            if call.arguments != arguments { call.opaque = nil }
            return .toolCall(call)
        case .toolResult(var result):
            if result.name == ChatTools.query { result.text = SecretColumns.masked(answer: result.text) }
            result.text = masked(text: result.text)
            return .toolResult(result)
        }
    }

    private static func masked(argument name: String, _ value: JSONValue) -> JSONValue {
        if statements.contains(name), case .string(let sql) = value {
            return .string(SecretShapes.masked(StatementMask.masked(sql).text))
        }
        return masked(value)
    }

    /// The value with each of its strings masked.
    static func masked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(masked(text: text))
        case .array(let elements): .array(elements.map(masked))
        case .object(let object): .object(JSONObject(object.map { ($0.key, masked($0.value)) }))
        case .null, .bool, .integer, .number: value
        }
    }
}
