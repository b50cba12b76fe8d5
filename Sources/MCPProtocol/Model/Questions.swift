/// Something that only the client's side can answer (items 29 to 32).
public enum Question: Sendable, Hashable {
    /// A form for the person.
    case form(ElicitationForm)
    /// A page that the person visits.
    case visit(message: String, url: String, id: String)
    /// A completion by the client's model.
    case sample(SamplingRequest)
    /// The client's roots.
    case roots
}

/// The answer to a ``Question``.
public enum Answer: Sendable, Hashable {
    /// To a form or a visit.
    case elicitation(ElicitationResult)
    /// To a wish for a completion.
    case sampling(SamplingResult)
    /// To the question for roots.
    case roots([Root])
}

/// What the person did. The three are different outcomes (item 32): a dismissed form is not a refusal.
public enum ElicitationResult: Sendable, Hashable {
    /// Filled in; checked against the form by the server.
    case accept(JSONObject)
    /// Refused.
    case decline
    /// Dismissed without a choice.
    case cancel
}

/// A question with the name under which its answer comes back.
public struct NamedQuestion: Sendable, Hashable {
    /// The key in `inputRequests`; one request asks each key once.
    public var key: String
    /// What is asked.
    public var question: Question

    /// A question with a name.
    public init(_ key: String, _ question: Question) {
        self.key = key
        self.question = question
    }
}

/// The end of a round: questions, a state, or both. A handler may return it, or throw it from wherever it is.
public struct InputRequired: Error, Sendable, Hashable {
    /// What is asked.
    public var questions: [NamedQuestion]
    /// What the handler wants to see again on the next round. The server seals it; the client cannot read or change it.
    public var state: JSONValue?

    /// The end of a round.
    public init(_ questions: [NamedQuestion], state: JSONValue? = nil) {
        self.questions = questions
        self.state = state
    }
}

/// A root of the client.
public struct Root: Sendable, Hashable {
    /// A `file:` URI.
    public var uri: String
    /// The name for people.
    public var name: String?

    /// A root.
    public init(uri: String, name: String? = nil) {
        self.uri = uri
        self.name = name
    }
}

/// A wish for a completion by the client's model.
public struct SamplingRequest: Sendable, Hashable {
    /// A message of the conversation.
    public struct Message: Sendable, Hashable {
        /// Who speaks.
        public var role: Role
        /// What is said.
        public var content: [ContentBlock]

        /// A message.
        public init(role: Role, content: [ContentBlock]) {
            self.role = role
            self.content = content
        }
    }

    /// The conversation.
    public var messages: [Message]
    /// The largest number of tokens of the answer.
    public var maxTokens: Int
    /// The system prompt.
    public var systemPrompt: String?
    /// The temperature.
    public var temperature: Double?
    /// Members that have no type here (`modelPreferences`, `stopSequences`, `tools`, …), as they go over the wire.
    public var other: JSONObject

    /// A wish for a completion.
    public init(
        messages: [Message], maxTokens: Int, systemPrompt: String? = nil, temperature: Double? = nil,
        other: JSONObject = [:]
    ) {
        self.messages = messages
        self.maxTokens = maxTokens
        self.systemPrompt = systemPrompt
        self.temperature = temperature
        self.other = other
    }
}

/// What the client's model answered.
public struct SamplingResult: Sendable, Hashable {
    /// Who speaks.
    public var role: Role
    /// What was said.
    public var content: [ContentBlock]
    /// Which model.
    public var model: String
    /// Why it stopped.
    public var stopReason: String?

    /// What the client's model answered.
    public init(role: Role = .assistant, content: [ContentBlock], model: String, stopReason: String? = nil) {
        self.role = role
        self.content = content
        self.model = model
        self.stopReason = stopReason
    }
}
