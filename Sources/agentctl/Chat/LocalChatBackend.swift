import AgentCore
import AgentModels
import AgentTerminal
import AuthTokens
import MCPProtocol

/// The agent in this process, on the same configuration as `agentd`.
struct LocalChatBackend: ChatBackend {
    private let agent: Agent
    /// The conversations with a model; nil without one.
    private let chat: Chat?
    private let log: CommandLog

    var place: String { "in this process" }

    /// Makes the agent; connects to nothing.
    ///
    /// - Parameters:
    ///   - loaded: The configuration.
    ///   - log: Where the agent logs.
    /// - Throws: `ConfigurationError`.
    init(_ loaded: LoadedConfiguration, log: CommandLog) throws {
        self.log = log
        var configuration = loaded.configuration
        let secret = try configuration.loadSecret()
        let audit = CommandAuditLog(configuration: configuration, secret: secret) { StandardStreams.writeError($0) }
        // agentd holds its own log for as long as it runs; commands have one beside it.
        configuration.audit.file = nil
        agent = try Agent(
            configuration: configuration, logger: log.logger(configuration.telemetry.logLevel),
            observers: audit.map { [$0] } ?? [])
        chat = try agent.chat
    }

    func databases() async throws -> [ChatDatabase] {
        let states = await agent.databases.states(for: .local)
        return agent.databases.databases(for: .local).map { database in
            let state = states.first { $0["name"]?.string == database.name }
            let problem = state?["available"]?.bool == false ? state?["problem"]?.string ?? "no answer" : nil
            return ChatDatabase(
                name: database.name, allowsWrites: database.configuration.allowWrites, problem: problem,
                version: state?["version"]?.string.map { "PostgreSQL \($0)" })
        }
    }

    // MARK: SQL

    func query(
        _ sql: String, database: String?, offset: Int,
        confirm: @escaping @Sendable (WriteQuestion) async throws -> Bool
    ) async throws -> SQLAnswer {
        let origin = CallOrigin(
            principal: .local, client: "agentctl/\(AgentVersion.current)", tool: "agentctl chat")
        let statement = GuardedStatement(request: WriteRequest(sql: sql, origin: origin), offset: offset)
        do {
            let found = try agent.databases.database(named: database)
            switch try await statement.answer(
                on: found, confirm: { try await confirm(WriteQuestion(text: $0.text)) })
            {
            case .rows(let result):
                return SQLAnswer(
                    tables: result.columns.isEmpty ? [] : [result.textTable], footers: [ResultFormat.footer(result)],
                    notices: result.notices, next: result.nextOffset)
            case .written(let result):
                let rows = result.statements.compactMap(\.result)
                return SQLAnswer(
                    tables: rows.map(\.textTable), footers: rows.map(ResultFormat.footer),
                    done: "committed: " + result.statements.map(\.summary).joined(separator: "; "),
                    notices: result.notices)
            }
        } catch let failure as QueryFailure {
            throw Self.problem(failure)
        }
    }

    private static func problem(_ failure: QueryFailure) -> any Error {
        switch failure.kind {
        case .cancelled: CancellationError()
        case .declined: ChatProblem("declined: nothing was run", status: 3)
        case .outcomeUnknown: ChatProblem(failure.description, status: 4)
        // What a model is not told: the person here is the operator.
        case .unexpected: ChatProblem([failure.description, failure.operatorDetail ?? ""].joined(separator: "\n"))
        default: ChatProblem(failure.description)
        }
    }

    // MARK: Prompts

    func prompts() async throws -> [Prompt] {
        try await agent.service(for: .local).prompts(.local(caller: Principal.local)).items
    }

    func prompt(_ name: String, _ arguments: [String: String]) async throws -> String {
        do {
            let service = agent.service(for: .local)
            return PromptText.of(
                try await service.prompt(name, arguments: arguments, context: .local(caller: Principal.local)))
        } catch let error as RPCError {
            throw ChatProblem(error.message)
        }
    }

    // MARK: The model

    func model() async throws -> ChatModel {
        guard let chat else { return ChatModel(problem: Self.howToAdd) }
        return ChatModel(provider: chat.providerName, model: chat.model)
    }

    /// What helps where no provider is configured.
    static let howToAdd = """
        No model is configured, so this is SQL mode: what is typed runs as SQL, within the same limits as agentctl query. To ask \
        in your own words, add a provider to the configuration:
          llm: { provider: anthropic, model: MODEL, api_key_file: FILE }
        The providers are anthropic, openai, gemini, ollama and openai-compatible.
        """

    private func answering() throws -> Chat {
        guard let chat else { throw ChatProblem(Self.howToAdd, status: 2) }
        return chat
    }

    func models() async throws -> [String] {
        let chat = try answering()
        return try await telling { try await chat.models().map(\.id) }
    }

    func turn(
        _ question: ChatQuestion, confirm: @escaping @Sendable (WriteQuestion) async throws -> Bool,
        onEvent: @escaping @Sendable (TurnEvent) async throws -> Void
    ) async throws {
        let chat = try answering()
        let request = ChatRequest(
            message: question.text, conversation: question.conversation, database: question.database,
            model: question.model, caller: .local)
        _ = try await telling {
            try await chat.turn(
                request,
                approve: { try await confirm(WriteQuestion(text: $0.question.text)) ? .approve : .decline },
                onEvent: { try await onEvent(TurnEvent(name: $0.name, data: .object($0.json))) })
        }
    }

    // MARK: Conversations

    func conversations(matching search: String?) async throws -> [ChatListing] {
        let chat = try answering()
        return try await telling {
            try await chat.conversations.list(owner: Principal.local.id, search: search, limit: 20, before: nil).map {
                ChatListing(id: $0.id, title: $0.title, updated: $0.updated.text, messages: $0.messageCount)
            }
        }
    }

    func conversation(_ id: String) async throws -> EarlierConversation {
        let chat = try answering()
        return try await telling {
            let store = chat.conversations
            guard let found = try await store.conversation(id, owner: Principal.local.id) else {
                throw ChatProblem("There is no such conversation.", status: 2)
            }
            let messages = try await store.messages(
                of: id, owner: Principal.local.id, MessageSelection(limit: EarlierConversation.mostMessages))
            return EarlierConversation(
                title: found.title, database: found.database, messages: messages.map { .object($0.shownJSON) })
        }
    }

    func export(_ id: String, isJSON: Bool) async throws -> String {
        let chat = try answering()
        return try await telling {
            guard let conversation = try await chat.conversations.conversation(id, owner: Principal.local.id) else {
                throw ChatProblem("There is no such conversation.")
            }
            let messages = try await chat.conversations.messages(of: id, owner: Principal.local.id)
            return ConversationExport(conversation, messages: messages).text(as: isJSON ? .json : .markdown)
        }
    }

    func rename(_ id: String, to title: String) async throws {
        let chat = try answering()
        try await telling { try await chat.conversations.rename(id, owner: Principal.local.id, title: title) }
    }

    func delete(_ id: String) async throws {
        let chat = try answering()
        try await telling { _ = try await chat.conversations.delete(id, owner: Principal.local.id) }
    }

    /// Failures of the model's service and of the store in words for the person.
    private func telling<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as ModelFailure {
            throw ChatProblem(failure.description)
        } catch let failure as ChatFailure {
            throw ChatProblem(failure.description, status: failure.code == .noModel ? 2 : 1)
        } catch let failure as ConversationFailure {
            throw ChatProblem(failure.description)
        }
    }

    func takeLog() -> [String] { log.take() }

    func close() async { await agent.shutdown() }
}
