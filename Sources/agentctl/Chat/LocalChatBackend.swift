import AgentCore
import AgentTerminal
import AuthTokens
import Logging
import MCPProtocol

/// The agent in this process, on the same configuration as `agentd`.
struct LocalChatBackend: ChatBackend {
    private let agent: Agent
    private let problem: String?

    var place: String { "in this process" }

    /// Makes the agent; connects to nothing.
    ///
    /// - Parameter loaded: The configuration.
    /// - Throws: `ConfigurationError`.
    init(_ loaded: LoadedConfiguration) throws {
        var configuration = loaded.configuration
        let secret = try configuration.loadSecret()
        let audit = CommandAuditLog(configuration: configuration, secret: secret) { StandardStreams.writeError($0) }
        // agentd holds its own log for as long as it runs; commands have one beside it.
        configuration.audit.file = nil
        agent = try Agent(
            configuration: configuration, logger: Logger(label: "agentctl") { _ in SwiftLogNoOpLogHandler() },
            observers: audit.map { [$0] } ?? [])
        problem = nil
    }

    func databases() async throws -> [ChatDatabase] {
        let states = await agent.databases.states(for: .local)
        return agent.databases.databases(for: .local).map { database in
            let state = states.first { $0["name"]?.string == database.name }
            let problem = state?["available"]?.bool == false ? state?["problem"]?.string ?? "no answer" : nil
            return ChatDatabase(
                name: database.name, allowsWrites: database.configuration.allowWrites, problem: problem,
                version: state?["version"]?.string)
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

    func model() async throws -> ChatModel { ChatModel(problem: problem ?? Self.howToAdd) }

    /// What helps where no provider is configured.
    static let howToAdd = """
        No model is configured, so this is SQL mode: what is typed runs as SQL, within the same limits as agentctl query. To ask \
        in your own words, add a provider to the configuration:
          llm: { provider: anthropic, model: MODEL, api_key_file: FILE }
        The providers are anthropic, openai, gemini, ollama and openai-compatible.
        """

    func models() async throws -> [String] { throw ChatProblem(Self.howToAdd) }

    func turn(
        _ question: ChatQuestion, confirm: @escaping @Sendable (WriteQuestion) async throws -> Bool,
        onEvent: @escaping @Sendable (TurnEvent) async throws -> Void
    ) async throws { throw ChatProblem(Self.howToAdd, status: 2) }

    func conversations(matching search: String?) async throws -> [ChatListing] { throw ChatProblem(Self.howToAdd) }

    func export(_ id: String, isJSON: Bool) async throws -> String { throw ChatProblem(Self.howToAdd) }

    func rename(_ id: String, to title: String) async throws { throw ChatProblem(Self.howToAdd) }

    func close() async { await agent.shutdown() }
}
