public import AgentModels
public import AuthTokens
public import MCPProtocol

/// A message of a conversation as it is kept.
public struct StoredMessage: Sendable, Equatable {
    /// Its place in the conversation, from 0. A store numbers the messages that are added by itself.
    public var index: Int
    /// What was said, as a model is sent it again.
    public var message: ModelMessage
    /// When.
    public var created: Timestamp
    /// What it cost; nil for what no model said.
    public var usage: ModelUsage?
    /// What there is to show of the results of tools beside their text, by `ModelToolCall.id`.
    public var details: [String: StoredResult]
    /// Why the answer is not whole; nil for one that is.
    public var end: ChatEnd.Reason?

    /// Describes a message.
    ///
    /// - Parameters:
    ///   - index: Its place in the conversation; 0 for one that is to be added.
    ///   - message: What was said.
    ///   - created: When.
    ///   - usage: What it cost.
    ///   - details: What there is to show of the results of tools, by the id of the call.
    ///   - end: Why the answer is not whole.
    public init(
        index: Int = 0, message: ModelMessage, created: Timestamp = .now, usage: ModelUsage? = nil,
        details: [String: StoredResult] = [:], end: ChatEnd.Reason? = nil
    ) {
        self.end = end
        self.index = index
        self.message = message
        self.created = created
        self.usage = usage
        self.details = details
    }
}

extension StoredMessage {
    /// Whether the person says something here.
    public var isSaidByPerson: Bool { message.isQuestion }
}

/// What is kept of the result of a tool beside its text, for those who show it.
public struct StoredResult: Sendable, Equatable {
    /// How long the call took, in milliseconds.
    public var elapsedMs: Double
    /// The rows, or what a write did, as the API answers them; nil where there is nothing but the text. A store leaves it out
    /// where the message would be too large with it.
    public var result: JSONValue?
    /// What the person answered to the question about the call; nil where there was none. A call that was declined has failed for
    /// the model alone.
    public var decision: ChatDecision?

    /// Describes a result.
    ///
    /// - Parameters:
    ///   - elapsedMs: How long the call took, in milliseconds.
    ///   - result: The rows, or what a write did, as the API answers them.
    ///   - decision: What the person answered to the question about the call; nil where there was none.
    public init(elapsedMs: Double, result: JSONValue? = nil, decision: ChatDecision? = nil) {
        self.elapsedMs = elapsedMs
        self.result = result
        self.decision = decision
    }
}
