public import AgentModels
internal import AuthTokens
internal import Logging
internal import MCPProtocol
internal import Synchronization

/// Conversations with a language model that queries the agent's databases.
///
/// ```swift
/// let chat = Chat(agent: agent, provider: provider, model: "…", store: store)
/// let end = try await chat.turn(ChatRequest(message: "How many orders were paid in May?", caller: .local)) { approval in
///     // Show approval.question.text to the person.
///     .decline
/// } onEvent: { event in
///     if case .text(let text) = event { print(text, terminator: "") }
/// }
/// ```
///
/// The tools are those of MCP and pass the same guard, limits and audit log; whatever a model is made to believe, it can do what
/// the caller may do, and writes only what a person approved. Making a chat connects to nothing.
public final class Chat: Sendable {
    let agent: Agent
    let provider: any ModelProvider
    let limits: ChatLimits
    let maxTokens: Int
    /// The model that is asked where a request names none; nil when none is configured.
    public let model: String?
    /// The name of the model's service.
    public var providerName: String { provider.name }
    /// Where conversations are kept.
    public let conversations: any ConversationStore

    private let running = Mutex<Set<String>>([])
    private let schemas = Mutex<[String: KnownSchema]>([:])

    private struct KnownSchema {
        var summary: SchemaDigest
        var until: ContinuousClock.Instant
    }

    /// Makes a chat.
    ///
    /// - Parameters:
    ///   - agent: Whose tools and databases it uses.
    ///   - provider: The model's service.
    ///   - model: The model where a request names none.
    ///   - store: Where conversations are kept.
    ///   - limits: The bounds of a turn.
    ///   - maxTokens: The most tokens of one answer.
    public init(
        agent: Agent, provider: any ModelProvider, model: String?, store: any ConversationStore,
        limits: ChatLimits = ChatLimits(), maxTokens: Int = 4096
    ) {
        self.agent = agent
        self.provider = provider
        self.model = model
        self.conversations = store
        self.limits = limits
        self.maxTokens = maxTokens
    }

    /// The models that the service offers.
    ///
    /// - Throws: `ModelFailure`; `CancellationError`.
    public func models() async throws -> [ModelDescription] {
        do {
            return try await provider.models()
        } catch let failure as ModelFailure {
            note(failure)
            throw failure
        }
    }

    /// Tells the operator of a failure of the model's service, with what the person is not told.
    func note(_ failure: ModelFailure) {
        var metadata: Logger.Metadata = [
            "provider": "\(providerName)", "code": "\(failure.code.rawValue)",
            "error": "\(PlainText.escaped(failure.description))",
        ]
        if let status = failure.status { metadata["status"] = "\(status)" }
        if let detail = failure.operatorDetail { metadata["detail"] = "\(PlainText.escaped(detail))" }
        agent.logger.warning("the model's service failed", metadata: metadata)
    }

    /// Says something in a conversation, and waits until the model has answered.
    ///
    /// Cancelling the task ends the model's answer and the query that runs; what was whole until then is stored, and the last
    /// event says `cancelled`.
    ///
    /// - Parameters:
    ///   - request: What is said, by whom, where.
    ///   - approve: Asks a person about a write and returns the answer; whatever it throws declines. It is called for one write
    ///     at a time, and cancelled when the approval expires.
    ///   - onEvent: Is told what happens, in order, one event at a time. What it throws ends the turn.
    /// - Returns: How the turn ended; failures of the model's service and of the store are told there too.
    /// - Throws: ``ChatFailure`` and `ConversationFailure` when the turn does not begin; `CancellationError` when it was
    ///   cancelled before that; what `onEvent` threw.
    @discardableResult
    public func turn(
        _ request: ChatRequest, approve: @escaping @Sendable (ChatApproval) async throws -> Decision,
        onEvent: @escaping @Sendable (ChatEvent) async throws -> Void
    ) async throws -> ChatEnd {
        try check(request.message)
        guard let model = request.model ?? model, !model.isEmpty else {
            throw ChatFailure(.noModel, "No model is chosen: set llm.model, or name one.")
        }
        let databases = VisibleDatabases(agent.databases.databases, for: request.caller)
        let wanted = try Self.database(request.database, among: databases)
        guard let id = request.conversation else {
            let chosen = wanted ?? databases.databases.first
            guard request.replacingFrom == nil else {
                throw ChatFailure(.badRequest, "There is nothing to replace in a new conversation.")
            }
            let conversation = try await begin(request, database: chosen?.name)
            try enter(conversation.id)
            defer { leave(conversation.id) }
            var turn = turn(conversation, of: request, model, chosen, approve, onEvent)
            turn.adopt(request)
            return try await turn.run()
        }
        // To others it does not exist, whether or not it is being answered.
        _ = try await find(id, of: request)
        try enter(id)
        defer { leave(id) }
        // As it is now that no other turn changes it.
        let conversation = try await find(id, of: request)
        let chosen =
            wanted ?? databases.databases.first { $0.name == conversation.database } ?? databases.databases.first
        var turn = turn(conversation, of: request, model, chosen, approve, onEvent)
        try await turn.begin(request)
        return try await turn.run()
    }

    private func find(_ id: String, of request: ChatRequest) async throws -> Conversation {
        guard let conversation = try await conversations.conversation(id, owner: request.caller.id) else {
            throw ChatFailure(.unknownConversation, "There is no such conversation.")
        }
        return conversation
    }

    private func turn(
        _ conversation: Conversation, of request: ChatRequest, _ model: String, _ database: Database?,
        _ approve: @escaping @Sendable (ChatApproval) async throws -> Decision,
        _ onEvent: @escaping @Sendable (ChatEvent) async throws -> Void
    ) -> ChatTurn {
        ChatTurn(
            chat: self, caller: request.caller, tokenID: request.tokenID, conversation: conversation, model: model,
            database: database,
            audience: ChatAudience(approve: approve, onEvent: onEvent))
    }

    private static func database(
        _ name: String?, among databases: VisibleDatabases
    ) throws(ChatFailure) -> Database? {
        guard let name else { return nil }
        do throws(ToolError) {
            return try databases.database(named: name)
        } catch {
            throw ChatFailure(.unknownDatabase, error.toolMessage)
        }
    }

    private func check(_ message: String) throws(ChatFailure) {
        guard !message.allSatisfy(\.isWhitespace) else { throw ChatFailure(.badRequest, "The message is empty.") }
        guard message.utf8.count <= limits.messageBytes else {
            throw ChatFailure(
                .badRequest, "The message is too long: at most \(limits.messageBytes) bytes of UTF-8 are taken.")
        }
    }

    /// A new conversation with its question, also when the turn is cancelled meanwhile.
    private func begin(_ request: ChatRequest, database: String?) async throws -> Conversation {
        let question = StoredMessage(message: ConversationMask.masked(request.question))
        let title = ConversationTitle.of(request.message, length: 60)
        let (store, owner) = (conversations, request.caller.id)
        return try await Task {
            try await store.begin(owner: owner, title: title, database: database, with: [question])
        }.value
    }

    // MARK: - One turn of a conversation at a time

    private func enter(_ conversation: String) throws(ChatFailure) {
        guard running.withLock({ $0.insert(conversation).inserted }) else {
            throw ChatFailure(
                .busy, "The conversation is being answered: stop that, or wait for its end.")
        }
    }

    private func leave(_ conversation: String) { running.withLock { _ = $0.remove(conversation) } }

    // MARK: - Schemas

    /// How long what was read of a schema is good for the instructions; the tools read it live.
    private static let schemaLifetime: Duration = .seconds(60)
    private static let mostSchemas = 100

    /// The schema of a database for the instructions; nil when it cannot be read now.
    func schema(of database: Database, for caller: Principal) async throws -> SchemaDigest? {
        let now = ContinuousClock.now
        if let known = schemas.withLock({ $0[database.name] }), known.until > now { return known.summary }
        do {
            let summary = try await SchemaDigest.read(
                database, origin: CallOrigin(principal: caller, tool: "chat"), most: limits.schemaBytes)
            schemas.withLock { schemas in
                if schemas.count >= Self.mostSchemas { schemas.removeAll() }
                schemas[database.name] = KnownSchema(summary: summary, until: now + Self.schemaLifetime)
            }
            return summary
        } catch {
            // Why it cannot be read is told by the first tool that needs the database.
            try Task.checkCancellation()
            return nil
        }
    }

    /// Forgets the schema of a database, which a write may have changed.
    func forgetSchema(of database: String) { schemas.withLock { $0[database] = nil } }
}
