import MCPProtocol

/// Reads the stream of Anthropic's Messages API (platform.claude.com/docs/en/build-with-claude/streaming): a message begins,
/// then block after block begins, grows and ends, then the reason of the end comes, then the end.
struct AnthropicReader: AnswerReader {
    /// A block that has begun.
    private struct Block {
        /// As it came, which is how thinking is sent back.
        var start: JSONObject
        var text = ""
        var signature: String?
    }

    private let context: WireContext
    private var parts: AnswerParts
    private var open: [Int: Block] = [:]
    private var stop: String?
    private var usage = ModelUsage()
    private var uncachedInput = 0
    private var writtenToCache = 0
    private(set) var isComplete = false

    init(_ context: WireContext) {
        self.context = context
        parts = AnswerParts(context)
    }

    mutating func take(_ event: WireEvent) throws -> [ModelEvent] {
        let value = try context.object(event)
        guard let type = value["type"]?.string else { throw context.malformed("an event without a type", event.data) }
        switch type {
        case "message_start": count(value["message"]?["usage"])
        case "content_block_start":
            guard let index = value["index"]?.int, let block = value["content_block"]?.object, open[index] == nil,
                open.count < context.limits.blocks
            else { throw context.malformed("a block without a begin", event.data) }
            open[index] = Block(start: block)
            // Usually empty, and then no event.
            return try grow(index, block["text"]?.string ?? "", block["thinking"]?.string ?? "")
        case "content_block_delta":
            guard let index = value["index"]?.int, open[index] != nil, let delta = value["delta"] else {
                throw context.malformed("words of a block that has not begun", event.data)
            }
            return try take(delta, of: index, event)
        case "content_block_stop":
            guard let index = value["index"]?.int, let block = open.removeValue(forKey: index) else {
                throw context.malformed("the end of a block that has not begun", event.data)
            }
            return try close(block, event)
        case "message_delta":
            if let reason = value["delta"]?["stop_reason"]?.string { stop = reason }
            count(value["usage"])
        case "message_stop": isComplete = true
        case "error": throw context.failure(ServiceProblem(value) ?? ServiceProblem(kinds: [], message: nil))
        default: break  // "ping", and what is added in time: new kinds are to be passed over.
        }
        return []
    }

    func finish() throws -> ModelAnswer {
        guard isComplete, let stop else { throw context.cutOff }
        return parts.answer(reason(stop), usage)
    }

    private mutating func take(_ delta: JSONValue, of index: Int, _ event: WireEvent) throws -> [ModelEvent] {
        switch delta["type"]?.string {
        case "text_delta": return try grow(index, delta["text"]?.string ?? "", "")
        case "thinking_delta": return try grow(index, "", delta["thinking"]?.string ?? "")
        case "input_json_delta": open[index]?.text += delta["partial_json"]?.string ?? ""
        case "signature_delta": open[index]?.signature = delta["signature"]?.string
        case nil: throw context.malformed("words of a block without a type", event.data)
        default: break
        }
        return []
    }

    private mutating func grow(_ index: Int, _ text: String, _ thinking: String) throws -> [ModelEvent] {
        if !text.isEmpty {
            open[index]?.text += text
            return [.text(text)]
        }
        if !thinking.isEmpty {
            open[index]?.text += thinking
            return [.thinking(thinking)]
        }
        return []
    }

    private mutating func close(_ block: Block, _ event: WireEvent) throws -> [ModelEvent] {
        switch block.start["type"]?.string {
        case "text":
            if !block.text.isEmpty { try parts.append(.text(block.text)) }
        case "thinking":
            var opaque = block.start
            opaque["thinking"] = .string(block.text)
            if let signature = block.signature { opaque["signature"] = .string(signature) }
            try parts.append(.thinking(ModelThinking(text: block.text, opaque: .object(opaque))))
        case "redacted_thinking":
            try parts.append(.thinking(ModelThinking(text: "", opaque: .object(block.start))))
        case "tool_use":
            guard let id = block.start["id"]?.string, let name = block.start["name"]?.string else {
                throw context.malformed("a call without a name", block.start.isEmpty ? [] : event.data)
            }
            var call = ModelToolCall(id: id, name: name, arguments: block.start["input"]?.object ?? [:])
            if !block.text.isEmpty { (call.arguments, call.malformedArguments) = WireContext.arguments(block.text) }
            try parts.append(.toolCall(call))
            return [.toolCall(call)]
        default: break
        }
        return []
    }

    /// The counts are running totals; those of the input may be said again at the end.
    private mutating func count(_ value: JSONValue?) {
        guard let value else { return }
        uncachedInput = WireContext.tokens(value["input_tokens"]) ?? uncachedInput
        writtenToCache = WireContext.tokens(value["cache_creation_input_tokens"]) ?? writtenToCache
        usage.cachedInputTokens = WireContext.tokens(value["cache_read_input_tokens"]) ?? usage.cachedInputTokens
        usage.outputTokens = WireContext.tokens(value["output_tokens"]) ?? usage.outputTokens
        usage.inputTokens = uncachedInput + writtenToCache + usage.cachedInputTokens
    }

    private func reason(_ word: String) -> ModelStop {
        switch word {
        case "end_turn", "stop_sequence": .endOfTurn
        case "tool_use": .toolCalls
        case "max_tokens": .maxTokens
        case "model_context_window_exceeded": .contextFull
        case "refusal": .refused
        default: .other(context.redaction.excerpt(word, limit: 60))
        }
    }
}
