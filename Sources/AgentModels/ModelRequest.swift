public import MCPProtocol

/// What a model is asked: the whole conversation, since the services keep none.
public struct ModelRequest: Sendable {
    /// The model's name at its provider.
    public var model: String
    /// What the model is told of its task.
    public var system: String
    /// The conversation, which begins with the user. Each call of a tool is followed by its result in the next message.
    public var messages: [ModelMessage]
    /// The tools that it may call.
    public var tools: [ModelTool]
    /// The most tokens of the answer.
    public var maxTokens: Int

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - model: The model's name at its provider.
    ///   - system: What the model is told of its task.
    ///   - messages: The conversation.
    ///   - tools: The tools that it may call.
    ///   - maxTokens: The most tokens of the answer.
    public init(
        model: String, system: String, messages: [ModelMessage], tools: [ModelTool] = [], maxTokens: Int = 4096
    ) {
        self.model = model
        self.system = system
        self.messages = messages
        self.tools = tools
        self.maxTokens = maxTokens
    }
}

/// A tool, as a model is told of it.
public struct ModelTool: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// What it does.
    public var description: String
    /// Its arguments, as JSON Schema.
    public var inputSchema: JSONObject

    /// Describes a tool.
    public init(name: String, description: String, inputSchema: JSONObject) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }
}

/// One message of a conversation.
public struct ModelMessage: Sendable, Equatable {
    /// Who speaks.
    public enum Role: String, Sendable, Hashable {
        /// The person, or the results of tools.
        case user
        /// The model.
        case assistant
    }

    /// Who speaks.
    public var role: Role
    /// What is said, in order.
    public var parts: [ModelPart]

    /// Makes a message.
    public init(role: Role, parts: [ModelPart]) {
        self.role = role
        self.parts = parts
    }
}

/// A part of a message.
public enum ModelPart: Sendable, Equatable {
    /// Words.
    case text(String)
    /// What a model thought, as it has to be sent back to its service.
    case thinking(ModelThinking)
    /// A model calls a tool.
    case toolCall(ModelToolCall)
    /// What the tool answered.
    case toolResult(ModelToolResult)
}

/// What a model thought.
public struct ModelThinking: Sendable, Equatable {
    /// The words; empty where the service hides them.
    public var text: String
    /// What the service wants to see again, untouched, in its own shape: a signature, an encrypted item.
    public var opaque: JSONValue?

    /// Makes a thought.
    public init(text: String, opaque: JSONValue? = nil) {
        self.text = text
        self.opaque = opaque
    }
}

/// A call of a tool.
public struct ModelToolCall: Sendable, Equatable {
    /// What ties the result to the call; unique within a conversation.
    public var id: String
    /// The tool's name.
    public var name: String
    /// Its arguments. What the model wrote may be no JSON object: then it is in ``malformedArguments``.
    public var arguments: JSONObject
    /// The model's own text where it is no JSON object; the call has to be answered with an error.
    public var malformedArguments: String?
    /// What the service wants to see again with the call.
    public var opaque: JSONValue?

    /// Makes a call.
    public init(
        id: String, name: String, arguments: JSONObject, malformedArguments: String? = nil, opaque: JSONValue? = nil
    ) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.malformedArguments = malformedArguments
        self.opaque = opaque
    }
}

/// What a tool answered.
public struct ModelToolResult: Sendable, Equatable {
    /// The ``ModelToolCall/id`` of the call.
    public var callID: String
    /// The tool's name: some services want to see it again.
    public var name: String
    /// The answer.
    public var text: String
    /// Whether the call failed.
    public var isError: Bool

    /// Makes a result.
    public init(callID: String, name: String, text: String, isError: Bool = false) {
        self.callID = callID
        self.name = name
        self.text = text
        self.isError = isError
    }
}
