internal import AgentModels
public import AuthTokens
internal import Synchronization

/// What a person says in a conversation.
public struct ChatRequest: Sendable {
    /// The id of the conversation; nil for a new one.
    public var conversation: String?
    /// What is said.
    public var message: String
    /// The database that is meant where the model names none, from this turn on; nil: the one of the conversation, or the first
    /// that the caller may use.
    public var database: String?
    /// The model; nil for the configured one.
    public var model: String?
    /// Who asks. The conversation is the caller's own, and the tools may do what the caller may.
    public var caller: Principal
    /// The id of the token that the caller came with, never the token; nil without one. It goes on record with each call.
    public var tokenID: String?
    /// Edit and send again: the messages from this index on are dropped first, for good. It has to be the index of something
    /// that the person said.
    public var replacingFrom: Int?

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - message: What is said.
    ///   - conversation: The id of the conversation; nil for a new one.
    ///   - database: The database that is meant where the model names none.
    ///   - model: The model; nil for the configured one.
    ///   - caller: Who asks.
    ///   - tokenID: The id of the token that the caller came with.
    ///   - replacingFrom: The index of the message that this one replaces, with all that came after it.
    public init(
        message: String, conversation: String? = nil, database: String? = nil, model: String? = nil, caller: Principal,
        tokenID: String? = nil, replacingFrom: Int? = nil
    ) {
        self.message = message
        self.conversation = conversation
        self.database = database
        self.model = model
        self.caller = caller
        self.tokenID = tokenID
        self.replacingFrom = replacingFrom
    }
}

extension ChatRequest {
    /// What is said, as a message.
    var question: ModelMessage { ModelMessage(role: .user, parts: [.text(message)]) }
}

/// What a person is asked before a write runs.
public struct ChatApproval: Sendable {
    /// The id of the model's call.
    public let callID: String
    /// What is asked, with the exact SQL.
    public let question: ApprovalQuestion
    let answerer: Answerer

    /// Who answered, where that is known.
    final class Answerer: Sendable {
        private let known = Mutex<CallAnswerer?>(nil)

        var value: CallAnswerer? {
            get { known.withLock { $0 } }
            set { known.withLock { $0 = newValue } }
        }
    }

    /// Says who answers, for the audit log; to be called before the answer is returned.
    ///
    /// - Parameters:
    ///   - principal: The `id` of the principal.
    ///   - tokenID: The id of its token, never the token; nil without one.
    public func answered(by principal: String, tokenID: String?) {
        answerer.value = CallAnswerer(principal: principal, tokenID: tokenID)
    }
}

/// Why a turn does not begin. Nothing was stored and nobody was asked anything.
public struct ChatFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no such conversation, or it is somebody else's, which is the same.
        case unknownConversation = "unknown_conversation"
        /// There is no such database, or the caller may not use it, which is the same.
        case unknownDatabase = "unknown_database"
        /// Neither the request nor the configuration names a model.
        case noModel = "no_model"
        /// The message is empty or too long, or there is nothing to replace at that index.
        case badRequest = "bad_request"
        /// A turn of this conversation is running.
        case busy
        /// The conversation has as many messages as one may have.
        case full
    }

    /// What kind of failure.
    public var code: Code
    /// A sentence for the person.
    public var description: String

    /// Describes a failure.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// The bounds of a turn.
public struct ChatLimits: Sendable, Hashable {
    /// The most answers of the model in one turn. It is told when the last one comes.
    public var steps = 24
    /// The most tokens that the answers of one turn may cost, those of the requests included; tokens from the service's cache
    /// count a tenth, as they cost.
    public var turnTokens = 600_000
    /// The longest conversation that is sent, in tokens, with the tools and the instructions. What is older is shortened, then
    /// left out. When the service says that it was too long, it is made shorter.
    public var contextTokens = 80_000
    /// How long a turn may take. The time that a person takes to answer does not count.
    public var time: Duration = .seconds(600)
    /// How many failures of one call, with the same arguments, end the turn.
    public var sameFailures = 3
    /// After how many declined writes no other is asked about in a turn.
    public var declines = 3
    /// The longest message of a person, in bytes of UTF-8.
    public var messageBytes = 100_000
    /// The longest result of a tool that the model is sent, in bytes; the page gets all that the database's limits allow.
    public var resultBytes = 24_000
    /// The longest description of the schema in the instructions, in bytes.
    public var schemaBytes = 12_000
    /// The most calls of one answer. Those beyond are answered with an error.
    public var calls = 16
    /// The most messages of a conversation.
    public var messages = 4_000

    /// The bounds that fit most models.
    public init() {}
}
