public import AgentModels
public import MCPProtocol

/// What happens in a turn, in order. On the wire of `POST /api/v1/chat` each has its ``name`` and its ``json``.
public enum ChatEvent: Sendable, Equatable {
    /// The turn begins: the question is stored. The first event of all.
    case turn(ChatTurnStart)
    /// Words of the answer, as they come.
    case text(String)
    /// Words of the model's thinking, as they come.
    case thinking(String)
    /// A tool is about to be called. `sql` and `database` are there where the tool takes them; the database is the one that is
    /// meant, whether or not the model named it.
    case toolCall(id: String, name: String, arguments: JSONObject, sql: String?, database: String?)
    /// A person is asked about a write: the call, and ``ApprovalQuestion/json``.
    case approval(call: String, approval: JSONObject)
    /// What the person answered: the call, and the id of the approval.
    case approvalAnswer(call: String, id: String, decision: ChatDecision)
    /// What a tool answered: the text for the model, and for a query its rows in the shape of `POST /api/v1/query`.
    case result(call: String, isError: Bool, text: String, elapsedMs: Double, result: JSONObject?)
    /// What the turn has cost so far, after each answer of the model.
    case usage(ModelUsage, steps: Int)
    /// The model's service is asked again.
    case retry(attempt: Int, delayMs: Int, reason: String)
    /// Old parts of the conversation were left out of what the model is sent; estimates in tokens.
    case compacted(tokensBefore: Int, tokensAfter: Int)
    /// The turn failed; ``done(_:)`` follows. The code is one of `ModelFailure.Code` or `storage` or `internal`.
    case error(code: String, message: String)
    /// The turn has ended. The last event of all.
    case done(ChatEnd)
}

/// How a turn begins.
public struct ChatTurnStart: Sendable, Equatable {
    /// The id of the conversation.
    public var conversation: String
    /// The id of the turn.
    public var turn: String
    /// The title of the conversation.
    public var title: String
    /// The index of the person's message in the conversation.
    public var index: Int
    /// The database that is meant where none is named; nil when the caller may use none.
    public var database: String?
    /// Whether the caller may write there.
    public var allowWrites: Bool
    /// The name of the model's service.
    public var provider: String
    /// The model.
    public var model: String

    /// Describes the beginning of a turn.
    public init(
        conversation: String, turn: String, title: String, index: Int, database: String?, allowWrites: Bool,
        provider: String, model: String
    ) {
        self.conversation = conversation
        self.turn = turn
        self.title = title
        self.index = index
        self.database = database
        self.allowWrites = allowWrites
        self.provider = provider
        self.model = model
    }
}

/// What became of the question about a write.
public enum ChatDecision: String, Sendable, Hashable, CaseIterable {
    case approve, decline
    /// Nobody answered while the approval was good.
    case expired
}

/// How a turn ended.
public struct ChatEnd: Sendable, Hashable {
    /// Why a turn ends.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The model answered.
        case answered
        /// The person, or the program, stopped it.
        case cancelled
        /// ``ChatLimits/steps`` was reached.
        case stepLimit = "step_limit"
        /// ``ChatLimits/turnTokens`` was reached.
        case tokenLimit = "token_limit"
        /// ``ChatLimits/time`` was reached.
        case timeLimit = "time_limit"
        /// The model made the same call again and again, and it failed each time.
        case repeatedFailure = "repeated_failure"
        /// An answer was cut at `llm.max_tokens`.
        case maxTokens = "max_tokens"
        /// The conversation does not fit into the model's context, however much is left out.
        case contextFull = "context_full"
        /// The model refused to answer.
        case refused
        /// Something failed; an ``ChatEvent/error(code:message:)`` said what.
        case failed
    }

    /// Why.
    public var reason: Reason
    /// The index of the last message of the conversation.
    public var index: Int

    /// Describes an end.
    public init(reason: Reason, index: Int) {
        self.reason = reason
        self.index = index
    }
}
