import MCPProtocol

/// Reads the stream of `/api/chat` (github.com/ollama/ollama, docs/api/streaming.mdx): a JSON object a line, the last one with
/// `done`.
struct OllamaReader: AnswerReader {
    private let context: WireContext
    private var parts: AnswerParts
    private var reason: String?
    private var usage = ModelUsage()
    private(set) var isComplete = false

    init(_ context: WireContext) {
        self.context = context
        parts = AnswerParts(context)
    }

    mutating func take(_ event: WireEvent) throws -> [ModelEvent] {
        let value = try context.object(event)
        if let problem = ServiceProblem(value) { throw context.failure(problem) }
        guard let isDone = value["done"]?.bool else {
            throw context.malformed("a line that does not say whether it is the last", event.data)
        }
        var known: [ModelEvent] = []
        if let message = value["message"] { known = try take(message, event) }
        if isDone {
            isComplete = true
            reason = value["done_reason"]?.string
            usage.inputTokens = WireContext.tokens(value["prompt_eval_count"]) ?? 0
            usage.outputTokens = WireContext.tokens(value["eval_count"]) ?? 0
            parts.closeThinking { ["thinking": .string($0.text)] }
        }
        return known
    }

    func finish() throws -> ModelAnswer {
        guard isComplete else { throw context.cutOff }
        let stop: ModelStop =
            switch reason {
            // Older servers give no reason.
            case "stop"?, nil: parts.calls > 0 ? .toolCalls : .endOfTurn
            case "length"?: .maxTokens
            case let word?: .other(context.redaction.excerpt(word, limit: 60))
            }
        return parts.answer(stop, usage)
    }

    private mutating func take(_ message: JSONValue, _ event: WireEvent) throws -> [ModelEvent] {
        var known: [ModelEvent] = []
        if let thought = message["thinking"]?.string, !thought.isEmpty {
            try parts.append(thinking: thought)
            known.append(.thinking(thought))
        }
        if let text = message["content"]?.string, !text.isEmpty {
            try parts.append(text: text)
            known.append(.text(text))
        }
        for piece in message["tool_calls"]?.array ?? [] {
            guard let name = piece["function"]?["name"]?.string else {
                throw context.malformed("a call without a name", event.data)
            }
            var call = ModelToolCall(
                id: piece["id"]?.string ?? WireContext.newCallID(), name: name,
                arguments: piece["function"]?["arguments"]?.object ?? [:])
            if let text = piece["function"]?["arguments"]?.string {
                (call.arguments, call.malformedArguments) = WireContext.arguments(text)
            }
            try parts.append(.toolCall(call))
            known.append(.toolCall(call))
        }
        return known
    }
}
