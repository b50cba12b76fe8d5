internal import Synchronization

extension Agent {
    /// Conversations with the model that `llm` names; nil without `llm.provider`. It is made when it is first asked for, and
    /// connects to nothing before its first turn.
    ///
    /// - Throws: ``ConfigurationError`` when `llm` cannot be used: a key or an address is missing.
    public var chat: Chat? {
        get throws {
            try chatPlace.chat {
                let configuration = configuration.llm
                guard let provider = try configuration.makeProvider() else { return nil }
                return Chat(
                    agent: self, provider: provider, model: configuration.defaultModel, store: conversations,
                    maxTokens: configuration.maxTokens)
            }
        }
    }
}

/// Where an agent has its chat.
final class ChatPlace: Sendable {
    private let made = Mutex<Chat?>(nil)

    /// The chat, made by `make` the first time.
    func chat(_ make: () throws -> Chat?) throws -> Chat? {
        try made.withLock { chat in
            if chat == nil { chat = try make() }
            return chat
        }
    }

    /// Lets the chat go, which holds the agent.
    func clear() { made.withLock { $0 = nil } }
}
