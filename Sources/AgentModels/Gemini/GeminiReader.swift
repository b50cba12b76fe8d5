import MCPProtocol

/// Reads the stream of `streamGenerateContent` (ai.google.dev/api/generate-content#method:-models.streamgeneratecontent): each
/// event is an answer of the same form with the parts that are new; the last one has a reason for the end.
struct GeminiReader: AnswerReader {
    private let context: WireContext
    private var parts: AnswerParts
    private var reason: String?
    private var isBlocked = false
    private var usage = ModelUsage()

    var isComplete: Bool { reason != nil || isBlocked }

    init(_ context: WireContext) {
        self.context = context
        parts = AnswerParts(context)
    }

    mutating func take(_ event: WireEvent) throws -> [ModelEvent] {
        let value = try context.object(event)
        if let problem = ServiceProblem(value) { throw context.failure(problem) }
        if let counted = value["usageMetadata"] { count(counted) }
        if value["promptFeedback"]?["blockReason"]?.string != nil { isBlocked = true }
        guard let candidate = value["candidates"]?[0] else {
            guard isBlocked || value["usageMetadata"] != nil else {
                throw context.malformed("an event without candidates", event.data)
            }
            return []
        }
        var known: [ModelEvent] = []
        for part in candidate["content"]?["parts"]?.array ?? [] { known += try take(part, event) }
        if let word = candidate["finishReason"]?.string { reason = word }
        return known
    }

    func finish() throws -> ModelAnswer {
        if isBlocked { return parts.answer(.refused, usage) }
        guard let reason else { throw context.cutOff }
        let stop: ModelStop =
            switch reason {
            case "STOP": parts.calls > 0 ? .toolCalls : .endOfTurn
            case "MAX_TOKENS": .maxTokens
            case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
                "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION":
                .refused
            default: .other(context.redaction.excerpt(reason, limit: 60))
            }
        return parts.answer(stop, usage)
    }

    private mutating func take(_ part: JSONValue, _ event: WireEvent) throws -> [ModelEvent] {
        if let call = part["functionCall"] {
            guard let name = call["name"]?.string else { throw context.malformed("a call without a name", event.data) }
            // Kept as it came: its signature has to come back at the same place.
            let whole = ModelToolCall(
                id: call["id"]?.string ?? WireContext.newCallID(), name: name, arguments: call["args"]?.object ?? [:],
                opaque: part)
            try parts.append(.toolCall(whole))
            return [.toolCall(whole)]
        }
        var known: [ModelEvent] = []
        let isThought = part["thought"]?.bool == true
        if let text = part["text"]?.string, !text.isEmpty {
            known = [isThought ? .thinking(text) : .text(text)]
            if isThought { try parts.append(thinking: text) } else { try parts.append(text: text) }
        }
        if let signature = part["thoughtSignature"], signature.string != nil {
            try parts.append(
                .thinking(ModelThinking(text: "", opaque: ["text": "", "thoughtSignature": signature])))
        }
        return known
    }

    /// Running totals; thoughts are counted beside the words.
    private mutating func count(_ value: JSONValue) {
        usage.inputTokens = WireContext.tokens(value["promptTokenCount"]) ?? usage.inputTokens
        usage.cachedInputTokens = WireContext.tokens(value["cachedContentTokenCount"]) ?? usage.cachedInputTokens
        let words = WireContext.tokens(value["candidatesTokenCount"]) ?? 0
        let thoughts = WireContext.tokens(value["thoughtsTokenCount"]) ?? 0
        usage.outputTokens = max(usage.outputTokens, words + thoughts)
    }
}
