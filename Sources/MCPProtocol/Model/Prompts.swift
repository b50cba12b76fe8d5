/// A prompt that a person may choose.
public struct Prompt: Sendable, Hashable {
    /// The name for programs.
    public var name: String
    /// The name for people.
    public var title: String?
    /// What it is for.
    public var description: String?
    /// What it can be given. The server refuses a request that lacks a required one.
    public var arguments: [PromptArgument]
    /// Pictures.
    public var icons: [Icon]
    /// Metadata, `_meta`.
    public var meta: JSONObject?

    /// A prompt.
    public init(
        name: String, title: String? = nil, description: String? = nil, arguments: [PromptArgument] = [],
        icons: [Icon] = [], meta: JSONObject? = nil
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.arguments = arguments
        self.icons = icons
        self.meta = meta
    }
}

/// An argument of a prompt; its value is always text.
public struct PromptArgument: Sendable, Hashable {
    /// The name for programs.
    public var name: String
    /// The name for people.
    public var title: String?
    /// What it means.
    public var description: String?
    /// Whether it has to be given.
    public var required: Bool

    /// An argument of a prompt.
    public init(name: String, title: String? = nil, description: String? = nil, required: Bool = false) {
        self.name = name
        self.title = title
        self.description = description
        self.required = required
    }
}

/// A message of a prompt.
public struct PromptMessage: Sendable, Hashable {
    /// Who speaks.
    public var role: Role
    /// What is said.
    public var content: ContentBlock

    /// A message.
    public init(role: Role, content: ContentBlock) {
        self.role = role
        self.content = content
    }
}

/// A prompt with its arguments filled in.
public struct PromptResult: Sendable, Hashable {
    /// What it is for.
    public var description: String?
    /// The messages.
    public var messages: [PromptMessage]

    /// A prompt with its arguments filled in.
    public init(description: String? = nil, messages: [PromptMessage]) {
        self.description = description
        self.messages = messages
    }
}
