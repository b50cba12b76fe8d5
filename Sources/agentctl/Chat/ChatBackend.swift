import AgentTerminal
import MCPProtocol

/// What answers in `agentctl chat`: the agent in this process, or one on a server.
protocol ChatBackend: Sendable {
    /// Where it is, for the greeting.
    var place: String { get }
    /// The databases that the person may use; the first is the default.
    func databases() async throws -> [ChatDatabase]
    /// Which model answers, or why none does.
    func model() async throws -> ChatModel
    /// The models that the provider offers.
    func models() async throws -> [String]
    /// Asks a question.
    ///
    /// - Parameters:
    ///   - question: What is asked.
    ///   - confirm: Asks the person about a write.
    ///   - onEvent: Is told what happens; the last event is `done`.
    /// - Throws: ``ChatProblem`` when the turn did not begin, or was cut off; `CancellationError`.
    func turn(
        _ question: ChatQuestion, confirm: @escaping @Sendable (WriteQuestion) async throws -> Bool,
        onEvent: @escaping @Sendable (TurnEvent) async throws -> Void
    ) async throws
    /// Runs SQL, through the guard.
    func query(
        _ sql: String, database: String?, offset: Int,
        confirm: @escaping @Sendable (WriteQuestion) async throws -> Bool
    ) async throws -> SQLAnswer
    /// The prompts that there are.
    func prompts() async throws -> [Prompt]
    /// A prompt with its arguments filled in.
    func prompt(_ name: String, _ arguments: [String: String]) async throws -> String
    /// The person's conversations, the latest first.
    func conversations(matching search: String?) async throws -> [ChatListing]
    /// The end of a conversation.
    ///
    /// - Throws: ``ChatProblem`` with the status 2 when the person has no such conversation.
    func conversation(_ id: String) async throws -> EarlierConversation
    /// A conversation whole.
    ///
    /// - Parameters:
    ///   - id: Its id.
    ///   - isJSON: Whether as JSON; else as Markdown.
    func export(_ id: String, isJSON: Bool) async throws -> String
    /// Gives a conversation another title.
    func rename(_ id: String, to title: String) async throws
    /// Deletes a conversation for good.
    func delete(_ id: String) async throws
    /// What went wrong within the agent since the last call, for its operator; nothing where that is somebody else.
    func takeLog() -> [String]
    /// Lets go of all connections.
    func close() async
}

/// A database, as the chat shows it.
struct ChatDatabase: Sendable, Hashable {
    var name: String
    /// Whether the person may write there.
    var allowsWrites: Bool
    /// Why it does not answer; nil when it does.
    var problem: String?
    /// What it is, such as `PostgreSQL 16.2`.
    var version: String?
}

/// Which model answers.
struct ChatModel: Sendable, Hashable {
    var provider: String?
    var model: String?
    /// Why there is no model, and what helps.
    var problem: String?
}

/// What is asked of a model.
struct ChatQuestion: Sendable {
    var text: String
    var conversation: String?
    var database: String?
    var model: String?
}

/// What happened in a turn: the name and data of the wire (`POST /api/v1/chat`).
struct TurnEvent: Sendable, Hashable {
    var name: String
    var data: JSONValue
}

/// A write that a person is asked about: the words end with the SQL, made visible.
struct WriteQuestion: Sendable {
    var text: String
    /// The words that ask, behind which the answer is written.
    var ask = WritePrompt.words
}

/// What came of SQL.
struct SQLAnswer: Sendable {
    /// The results with rows.
    var tables: [TextTable] = []
    /// What stands under the rows: how many, and what was cut.
    var footers: [String] = []
    /// What a write did.
    var done: String?
    /// Notices of the database.
    var notices: [String] = []
    /// Where the next page begins.
    var next: Int?
}

/// A conversation in a list.
struct ChatListing: Sendable, Hashable {
    var id: String
    var title: String
    var updated: String
    var messages: Int
}

/// Why something cannot be done, for the person.
struct ChatProblem: Error, Sendable, Hashable, CustomStringConvertible {
    var description: String
    /// The exit status of a program that ends for it.
    var status: Int32 = 1

    init(_ description: String, status: Int32 = 1) {
        self.description = description
        self.status = status
    }
}
