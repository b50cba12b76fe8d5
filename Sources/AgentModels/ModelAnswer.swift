/// A piece of an answer while it comes.
public enum ModelEvent: Sendable, Equatable {
    /// Words for the person.
    case text(String)
    /// Words of the model's thinking.
    case thinking(String)
    /// A call of a tool, whole.
    case toolCall(ModelToolCall)
    /// The service is asked again after a failure. It comes before anything of the answer.
    case retry(ModelRetry)
}

/// Another try.
public struct ModelRetry: Sendable, Equatable {
    /// Which try comes next; the first of all is 1.
    public var attempt: Int
    /// How long is waited before it.
    public var delay: Duration
    /// Why, in a sentence.
    public var reason: String

    /// Describes another try.
    public init(attempt: Int, delay: Duration, reason: String) {
        self.attempt = attempt
        self.delay = delay
        self.reason = reason
    }
}

/// A whole answer.
public struct ModelAnswer: Sendable, Equatable {
    /// What the model said, to be sent back with the next request.
    public var message: ModelMessage
    /// Why it ended.
    public var stop: ModelStop
    /// What it cost.
    public var usage: ModelUsage

    /// Makes an answer.
    public init(message: ModelMessage, stop: ModelStop, usage: ModelUsage = ModelUsage()) {
        self.message = message
        self.stop = stop
        self.usage = usage
    }
}

/// Why an answer ended.
public enum ModelStop: Sendable, Hashable {
    /// The model had said all.
    case endOfTurn
    /// It waits for the results of its calls.
    case toolCalls
    /// ``ModelRequest/maxTokens`` was reached: the answer is cut.
    case maxTokens
    /// The conversation fills the model's context.
    case contextFull
    /// The model, or its service, refused to answer.
    case refused
    /// Something else, in the service's own word.
    case other(String)
}

/// How many tokens were used.
public struct ModelUsage: Sendable, Hashable {
    /// Tokens of the request, with those from a cache.
    public var inputTokens: Int
    /// Tokens of the answer, with its thinking.
    public var outputTokens: Int
    /// Tokens of the request that came from the service's cache.
    public var cachedInputTokens: Int

    /// Describes a use.
    public init(inputTokens: Int = 0, outputTokens: Int = 0, cachedInputTokens: Int = 0) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cachedInputTokens = cachedInputTokens
    }

    /// The sum of two uses.
    public static func + (left: ModelUsage, right: ModelUsage) -> ModelUsage {
        ModelUsage(
            inputTokens: left.inputTokens + right.inputTokens, outputTokens: left.outputTokens + right.outputTokens,
            cachedInputTokens: left.cachedInputTokens + right.cachedInputTokens)
    }
}
