internal import AgentModels

/// The decisions of a turn: what the model is sent, what becomes of its calls, when it ends. It waits for nothing and knows no
/// service, database or clock; the ``ChatTurn`` asks it what comes next, does that, and tells it what came of it.
struct ChatLoop: Sendable {
    /// What comes next.
    enum Next: Sendable, Equatable {
        /// The model is asked with this conversation.
        case ask(Asked)
        /// The turn ends.
        case end(ChatEnd.Reason)
    }

    /// What the model is sent.
    struct Asked: Sendable, Equatable {
        /// The conversation.
        var messages: [ModelMessage]
        /// What was left out of it this time, in estimated tokens; nil when nothing was.
        var compacted: Compacted?

        /// The size before and after.
        struct Compacted: Sendable, Equatable {
            var before: Int
            var after: Int
        }
    }

    /// What becomes of an answer.
    struct Answered: Sendable, Equatable {
        /// The message, to be stored before anything of it is run.
        var message: ModelMessage
        /// The calls to run; empty when ``end`` says that the turn is over.
        var calls: [ModelToolCall]
        /// The results that a turn needs which is over in spite of calls.
        var results: ModelMessage?
        /// Why the turn is over.
        var end: ChatEnd.Reason?
    }

    private let limits: ChatLimits
    /// What is sent besides the conversation: the instructions and the tools.
    private let fixedBytes: Int
    private var estimate = TokenEstimate()
    /// The whole conversation, in order.
    private(set) var messages: [ModelMessage]
    /// What the model was sent last; later messages are added to it, so that it stays the same at its beginning.
    private var view: [ModelMessage]
    /// The budget of the context in tokens; smaller after a service said that a conversation was too long.
    private var contextTokens: Int
    /// How often a service said so.
    private var contextFailures = 0
    /// What was left out and not told of yet.
    private var untold: Asked.Compacted?
    private var memory = CallMemory()
    private var pending: ChatEnd.Reason?

    /// What the turn has cost.
    private(set) var usage = ModelUsage()
    /// How many answers the model gave.
    private(set) var steps = 0

    /// Begins a turn.
    ///
    /// - Parameters:
    ///   - messages: The conversation with what the person said last.
    ///   - limits: The bounds.
    ///   - fixedBytes: The length of the instructions and the tools.
    init(messages: [ModelMessage], limits: ChatLimits, fixedBytes: Int) {
        self.messages = Transcript.paired(messages)
        view = self.messages
        self.limits = limits
        self.fixedBytes = fixedBytes
        contextTokens = limits.contextTokens
    }

    // MARK: - Asking

    /// Decides what comes next.
    ///
    /// - Parameter elapsed: How long the turn has taken, without the waits for a person.
    mutating func next(elapsed: Duration) -> Next {
        if let pending { return .end(pending) }
        if steps >= limits.steps { return .end(.stepLimit) }
        if cost >= limits.turnTokens { return .end(.tokenLimit) }
        if elapsed >= limits.time { return .end(.timeLimit) }
        let compacted = compact() ?? untold
        untold = nil
        var asked = view
        if steps > 0, steps + 1 == limits.steps, asked.last?.role == .user {
            asked[asked.count - 1].parts.append(.text(Self.lastStep))
        }
        return .ask(Asked(messages: asked, compacted: compacted))
    }

    /// What the model reads before its last answer; it is not stored.
    static let lastStep =
        "[Note of the agent: this is the last step of this turn, no tool will run after it. Answer now with what is known, and "
        + "say what is missing.]"

    private var cost: Int {
        usage.outputTokens + usage.inputTokens - usage.cachedInputTokens + usage.cachedInputTokens / 10
    }

    private var viewBytes: Int { view.reduce(fixedBytes) { $0 + $1.byteCount } }

    private mutating func compact() -> Asked.Compacted? {
        let bytes = viewBytes
        guard estimate.tokens(bytes) > contextTokens else { return nil }
        // From the whole conversation, not from what was left of it: so the result is the same in the next turn.
        let room = max(Self.leastBytes, estimate.bytes(contextTokens) - fixedBytes)
        guard let compacted = Compaction.compact(messages, to: room), compacted != view else { return nil }
        view = compacted
        return Asked.Compacted(before: estimate.tokens(bytes), after: estimate.tokens(viewBytes))
    }

    /// The least that a conversation is made to fit into, whatever the instructions take.
    private static let leastBytes = 4_000

    /// The service says that the conversation is longer than the model takes.
    ///
    /// - Returns: Whether there is use in asking again, with less of it.
    mutating func contextWasFull() -> Bool {
        contextFailures += 1
        let tokens = estimate.tokens(viewBytes)
        contextTokens = min(contextTokens, tokens) * 3 / 5
        let before = viewBytes
        guard contextFailures <= 4, let compacted = compact() else { return false }
        untold = compacted
        return viewBytes < before
    }

    // MARK: - Answers

    /// Takes an answer of the model.
    mutating func take(_ answer: ModelAnswer) -> Answered {
        steps += 1
        usage = usage + answer.usage
        estimate.learn(bytes: viewBytes, tokens: answer.usage.inputTokens)
        var message = ModelMessage(role: .assistant, parts: answer.message.parts)
        // No service takes a message without content, and after the next question this would be one.
        if !message.parts.contains(where: \.isSaid) { message.parts.append(.text(Self.nothingSaid)) }
        add(message)
        let calls = message.calls
        let end: ChatEnd.Reason? =
            switch answer.stop {
            case .maxTokens: .maxTokens
            case .contextFull: .contextFull
            case .refused: .refused
            case .endOfTurn, .toolCalls, .other: calls.isEmpty ? .answered : nil
            }
        pending = end
        guard end != nil, !calls.isEmpty else { return Answered(message: message, calls: calls, end: end) }
        // A call at the end of an answer that was cut may be cut itself.
        let results = calls.map { failure($0, "Not run: the answer was cut before its end.") }
        let reply = ModelMessage(role: .user, parts: results.map { .toolResult($0) })
        add(reply)
        return Answered(message: message, calls: [], results: reply, end: end)
    }

    static let nothingSaid = "(The model said nothing.)"

    /// Takes the results of the calls of the last answer, in their order.
    ///
    /// - Returns: The message with them, to be stored.
    mutating func take(_ results: [ModelToolResult]) -> ModelMessage {
        let message = ModelMessage(role: .user, parts: results.map { .toolResult($0) })
        let calls = messages.last?.calls ?? []
        add(message)
        for (call, result) in zip(calls, results)
        where memory.note(call, failed: result.isError) >= limits.sameFailures {
            pending = .repeatedFailure
        }
        return message
    }

    private mutating func add(_ message: ModelMessage) {
        messages.append(message)
        view.append(message)
    }

    // MARK: - Calls

    /// Why a call of the last answer is answered without being run; nil when it is to be run.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - index: Which of the answer it is.
    ///   - sql: Its SQL, when it may write.
    func refusal(of call: ModelToolCall, at index: Int, sql: String?) -> ModelToolResult? {
        if let text = call.malformedArguments {
            return failure(
                call,
                "Nothing was run: the arguments are no JSON object. They begin with \(PlainText.excerpt(text)).")
        }
        if index >= limits.calls {
            return failure(call, "Nothing was run: at most \(limits.calls) calls are run of one answer.")
        }
        guard let sql else { return nil }
        if memory.hasDeclined(sql) { return failure(call, Self.declinedBefore) }
        // All that would be masked is the mask itself: it was copied from what is kept of an earlier turn.
        let masked = StatementMask.masked(sql)
        if masked.hidAnything, masked.text == sql { return failure(call, Self.maskedPassword) }
        return nil
    }

    static let maskedPassword =
        "Nothing was run: *** is no password. It stands where one was left out of what is kept of this conversation. Ask the "
        + "person for the password again, and write the whole statement with it."

    static let declinedBefore =
        "Nothing was run, and nobody was asked again: the person has declined this statement in this turn. Do not retry it, and "
        + "do not look for another way. Tell the person that it was not done, and wait for new instructions."

    /// Whether a person may be asked about another write: who declines again and again shall not be worn down.
    var mayAsk: Bool { memory.declineCount < limits.declines }

    static let declinedOften =
        "Nothing was run, and nobody was asked: the person has declined several writes in this turn. Make no other one. Tell the "
        + "person what was not done, and wait for new instructions."

    /// Notes that a person declined a write, or let the question expire.
    mutating func noteDecline(of sql: String) { memory.noteDecline(of: sql) }

    private func failure(_ call: ModelToolCall, _ text: String) -> ModelToolResult {
        ModelToolResult(callID: call.id, name: call.name, text: text, isError: true)
    }
}

extension ModelPart {
    /// Whether it is more than a thought, and not empty.
    fileprivate var isSaid: Bool {
        switch self {
        case .text(let text): !text.isEmpty
        case .thinking: false
        case .toolCall, .toolResult: true
        }
    }
}
