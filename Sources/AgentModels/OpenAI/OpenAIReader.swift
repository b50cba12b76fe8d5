import MCPProtocol

/// Reads the stream of OpenAI's Responses API (platform.openai.com/docs/api-reference/responses-streaming). Words are taken as
/// they come, calls and thoughts when their item is done.
struct OpenAIReader: AnswerReader {
    private let context: WireContext
    private var parts: AnswerParts
    private var isRefusal = false
    private var stop: ModelStop?
    private var usage = ModelUsage()

    var isComplete: Bool { stop != nil }

    init(_ context: WireContext) {
        self.context = context
        parts = AnswerParts(context)
    }

    mutating func take(_ event: WireEvent) throws -> [ModelEvent] {
        // Servers that speak this protocol, too, end with the mark of the older one.
        if event.data.elementsEqual("[DONE]".utf8) { return [] }
        let value = try context.object(event)
        guard let type = value["type"]?.string else {
            if let problem = ServiceProblem(value) { throw context.failure(problem) }
            throw context.malformed("an event without a type", event.data)
        }
        switch type {
        case "response.output_text.delta": return try words(value, event)
        case "response.refusal.delta":
            isRefusal = true
            return try words(value, event)
        case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
            guard let text = value["delta"]?.string else { throw context.malformed("words that are none", event.data) }
            return text.isEmpty ? [] : [.thinking(text)]
        case "response.output_item.done": return try take(value["item"], event)
        case "response.completed": try end(value["response"], nil)
        case "response.incomplete":
            try end(value["response"], value["response"]?["incomplete_details"]?["reason"]?.string ?? "")
        case "response.failed":
            throw context.failure(
                value["response"].flatMap { ServiceProblem($0) } ?? ServiceProblem(kinds: [], message: nil))
        case "error":
            let problem = ServiceProblem(value)
            throw context.failure(
                problem
                    ?? ServiceProblem(
                        kinds: [value["code"]?.string].compactMap(\.self), message: value["message"]?.string))
        default: break
        }
        return []
    }

    func finish() throws -> ModelAnswer {
        guard let stop else { throw context.cutOff }
        return parts.answer(stop, usage)
    }

    private mutating func words(_ value: JSONValue, _ event: WireEvent) throws -> [ModelEvent] {
        guard let text = value["delta"]?.string else { throw context.malformed("words that are none", event.data) }
        guard !text.isEmpty else { return [] }
        try parts.append(text: text)
        return [.text(text)]
    }

    private mutating func take(_ item: JSONValue?, _ event: WireEvent) throws -> [ModelEvent] {
        guard let item, let type = item["type"]?.string else {
            throw context.malformed("an item without a type", event.data)
        }
        switch type {
        case "function_call":
            guard let id = item["call_id"]?.string, let name = item["name"]?.string,
                let text = item["arguments"]?.string
            else { throw context.malformed("a call without a name", event.data) }
            let (arguments, malformed) = WireContext.arguments(text)
            let call = ModelToolCall(id: id, name: name, arguments: arguments, malformedArguments: malformed)
            try parts.append(.toolCall(call))
            return [.toolCall(call)]
        case "reasoning":
            let texts = (item["summary"]?.array ?? []) + (item["content"]?.array ?? [])
            let text = texts.compactMap { $0["text"]?.string }.joined(separator: "\n\n")
            // Without the sealed form the service would look for an item that it did not store.
            let opaque = item["encrypted_content"]?.string == nil ? nil : item
            guard !text.isEmpty || opaque != nil else { return [] }
            try parts.append(.thinking(ModelThinking(text: text, opaque: opaque)))
        default: break
        }
        return []
    }

    private mutating func end(_ response: JSONValue?, _ reason: String?) throws {
        let counted = response?["usage"]
        usage.inputTokens = WireContext.tokens(counted?["input_tokens"]) ?? 0
        usage.outputTokens = WireContext.tokens(counted?["output_tokens"]) ?? 0
        usage.cachedInputTokens = WireContext.tokens(counted?["input_tokens_details"]?["cached_tokens"]) ?? 0
        switch reason {
        case nil: stop = parts.calls > 0 ? .toolCalls : isRefusal ? .refused : .endOfTurn
        case "max_output_tokens"?: stop = .maxTokens
        case "content_filter"?: stop = .refused
        case let word?: stop = .other(context.redaction.excerpt(word, limit: 60))
        }
    }
}
