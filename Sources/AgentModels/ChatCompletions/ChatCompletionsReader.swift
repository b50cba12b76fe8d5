import MCPProtocol

/// Reads the stream of Chat Completions (platform.openai.com/docs/api-reference/chat-streaming): pieces of words and of calls,
/// these by their number, then the reason of the end, then what was used, then `[DONE]`.
struct ChatCompletionsReader: AnswerReader {
    /// A call while it comes.
    private struct Call {
        var id: String?
        var name = ""
        var arguments = ""
    }

    private let context: WireContext
    private var parts: AnswerParts
    private var calls: [Int: Call] = [:]
    private var isRefusal = false
    private var reason: String?
    private var usage = ModelUsage()
    private(set) var isComplete = false

    init(_ context: WireContext) {
        self.context = context
        parts = AnswerParts(context)
    }

    mutating func take(_ event: WireEvent) throws -> [ModelEvent] {
        if event.data.elementsEqual("[DONE]".utf8) {
            isComplete = true
            return []
        }
        let value = try context.object(event)
        if let problem = ServiceProblem(value) { throw context.failure(problem) }
        if let counted = value["usage"], !counted.isNull { count(counted) }
        // The last one, with what was used, has no choices.
        guard let choice = value["choices"]?[0] else {
            guard value["choices"]?.array != nil || value["usage"] != nil else {
                throw context.malformed("an event without choices", event.data)
            }
            return []
        }
        var known: [ModelEvent] = []
        if let delta = choice["delta"] { known += try take(delta, event) }
        if let word = choice["finish_reason"]?.string, reason == nil {
            reason = word
            known += try closeCalls(event)
        }
        return known
    }

    func finish() throws -> ModelAnswer {
        // With the reason the answer is whole; a server that forgets its last mark loses nothing by it.
        guard let reason else { throw context.cutOff }
        let stop: ModelStop =
            switch reason {
            case "stop", "tool_calls", "function_call":
                parts.calls > 0 ? .toolCalls : isRefusal ? .refused : .endOfTurn
            case "length": .maxTokens
            case "content_filter": .refused
            default: .other(context.redaction.excerpt(reason, limit: 60))
            }
        return parts.answer(stop, usage)
    }

    private mutating func take(_ delta: JSONValue, _ event: WireEvent) throws -> [ModelEvent] {
        var known: [ModelEvent] = []
        // The two words that servers have for it; OpenAI has none.
        if let thought = delta["reasoning_content"]?.string ?? delta["reasoning"]?.string, !thought.isEmpty {
            try parts.append(thinking: thought)
            known.append(.thinking(thought))
        }
        for key in ["content", "refusal"] {
            guard let text = delta[key]?.string, !text.isEmpty else { continue }
            if key == "refusal" { isRefusal = true }
            try parts.append(text: text)
            known.append(.text(text))
        }
        for (position, piece) in (delta["tool_calls"]?.array ?? []).enumerated() {
            let index = piece["index"]?.int ?? position
            guard calls[index] != nil || calls.count < context.limits.calls else {
                throw context.tooLarge("more calls of tools")
            }
            var call = calls.removeValue(forKey: index) ?? Call()
            if let id = piece["id"]?.string, !id.isEmpty { call.id = id }
            if call.name.isEmpty { call.name = piece["function"]?["name"]?.string ?? "" }
            call.arguments += piece["function"]?["arguments"]?.string ?? ""
            calls[index] = call
        }
        return known
    }

    private mutating func closeCalls(_ event: WireEvent) throws -> [ModelEvent] {
        let all = calls.sorted { $0.key < $1.key }
        calls = [:]
        return try all.map { _, call in
            guard !call.name.isEmpty else { throw context.malformed("a call without a name", event.data) }
            let (arguments, malformed) = WireContext.arguments(call.arguments)
            let whole = ModelToolCall(
                id: call.id ?? WireContext.newCallID(), name: call.name, arguments: arguments,
                malformedArguments: malformed)
            try parts.append(.toolCall(whole))
            return .toolCall(whole)
        }
    }

    private mutating func count(_ value: JSONValue) {
        usage.inputTokens = WireContext.tokens(value["prompt_tokens"]) ?? usage.inputTokens
        usage.outputTokens = WireContext.tokens(value["completion_tokens"]) ?? usage.outputTokens
        usage.cachedInputTokens =
            WireContext.tokens(value["prompt_tokens_details"]?["cached_tokens"]) ?? usage.cachedInputTokens
    }
}
