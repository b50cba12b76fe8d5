import AgentTerminal
import MCPProtocol
import SQLClassifier

/// A chat from its greeting to its end.
struct ChatSession {
    let backend: any ChatBackend
    let console: any ChatConsole
    var database: String?
    var model: String?
    var conversation: String?
    private var history: HistoryFile
    var databases: [ChatDatabase] = []
    private var isSQL = false
    var hasModel = false
    private var lastTable: TextTable?
    /// The conversations that `/history` showed last, for their numbers.
    var listed: [ChatListing] = []

    init(
        backend: any ChatBackend, console: any ChatConsole, database: String?, model: String?, conversation: String?,
        history: HistoryFile
    ) {
        self.backend = backend
        self.console = console
        self.database = database
        self.model = model
        self.conversation = conversation
        self.history = history
    }

    /// Greets, and answers until the person leaves.
    ///
    /// - Returns: The exit status.
    mutating func run() async throws -> Int32 {
        try await greet()
        var wasInterrupted = false
        while true {
            switch try await console.read(prompt) {
            case .end: return 0
            case .interrupted:
                if wasInterrupted { return 130 }
                wasInterrupted = true
                await console.show([SafeText("Ctrl-C again or Ctrl-D leaves.", .dim)])
            case .line(let line):
                wasInterrupted = false
                history.add(line)
                do {
                    if try await answer(line) { return 0 }
                } catch is CancellationError {
                    await console.show([SafeText("Cancelled.", .yellow)])
                } catch {
                    await say("\(error)", .red)
                }
                for line in backend.takeLog() { await say("log: " + line, .dim) }
            }
        }
    }

    var current: ChatDatabase? { databases.first { $0.name == database } ?? databases.first }

    private var prompt: LinePrompt {
        var text = SafeText(current?.name ?? "no database")
        if current?.allowsWrites == true { text.append(SafeText(" [WRITE-ENABLED]", [.bold, .yellow])) }
        if isSQL, hasModel { text.append(SafeText(" sql", .dim)) }
        let isSQL = isSQL
        let names = databases.map(\.name)
        return LinePrompt(
            text: text + "> ", history: history.lines,
            isComplete: { !isSQL || Self.isComplete($0) },
            complete: { ChatInstruction.complete($0, databases: names) })
    }

    /// Whether SQL has no quote, comment or dollar quote that is still open.
    static func isComplete(_ text: String) -> Bool {
        if text.first == "/" { return true }
        return SQLClassifier.classify(text).reason?.code != .unterminated
    }

    private mutating func greet() async throws {
        let (backend, console) = (backend, console)
        let (found, answering) = try await console.during {
            await console.live("connecting")
            return (try await backend.databases(), try await backend.model())
        }
        databases = found
        if let database, !databases.contains(where: { $0.name == database }) {
            let near = NearestSpelling.of(database, among: databases.map(\.name)).map { " Did you mean \"\($0)\"?" }
            throw ChatProblem("There is no database \"\(database)\".\(near ?? "")", status: 2)
        }
        hasModel = answering.problem == nil && answering.provider != nil
        isSQL = !hasModel
        model = model ?? answering.model
        var lines = [SafeText("agentctl chat, \(backend.place). /help shows what there is.", .dim)]
        if hasModel {
            lines.append(SafeText("\(answering.provider ?? ""), \(model ?? "no model chosen: /model")", .dim))
        }
        for database in databases {
            if let problem = database.problem {
                lines.append(SafeText("\(database.name): \(problem)", .yellow))
            }
        }
        let width = max(2, await console.width - 1)
        await console.show(lines.flatMap { $0.wrapped(to: width) })
        if !hasModel { await say(answering.problem ?? LocalChatBackend.howToAdd, .yellow) }
        await warn()
        if let conversation, hasModel { try await resume(conversation, keepsDatabase: database != nil) }
    }

    /// What a person should know of a database that may be written to.
    func warn() async {
        guard let current, current.allowsWrites else { return }
        await say(
            "WARNING: \(current.name) is [WRITE-ENABLED]: statements may change data. Each one is shown and asked about first.",
            [.bold, .yellow])
    }

    func say(_ text: String, _ style: TextStyle = .plain) async {
        let width = max(2, await console.width - 1)
        await console.show(SafeText.lines(text, style).flatMap { $0.asItFits(width) })
    }

    // MARK: Answers

    /// Does what a line says; true when that is to leave.
    private mutating func answer(_ line: String) async throws -> Bool {
        switch ChatInstruction(line) {
        case .nothing: break
        case .words(let text):
            if isSQL { try await run(sql: text) } else { try await ask(text) }
        case .unknown(let name, let nearest):
            let hint = nearest.map { "did you mean /\($0)?" } ?? "/help shows them."
            await say("There is no command /\(name); \(hint)", .yellow)
        case .command(.quit, _): return true
        case .command(let name, let argument): try await run(name, argument)
        }
        return false
    }

    private mutating func run(_ name: ChatInstruction.Name, _ argument: String) async throws {
        switch name {
        case .help: await console.page(ChatInstruction.help(width: await console.width))
        case .databases: try await showDatabases()
        case .use: try await use(argument)
        case .schema:
            guard let sql = ChatSQL.schema(argument) else {
                return await say("/schema takes the name of a table; * stands for anything.", .yellow)
            }
            try await run(sql: sql)
        case .sql:
            if !argument.isEmpty { return try await run(sql: argument) }
            isSQL = !hasModel || !isSQL
            await say(isSQL ? "What is typed runs as SQL; /sql goes back." : "What is typed is asked.", .dim)
        case .explain:
            guard !argument.isEmpty else { return await say("/explain takes a statement.", .yellow) }
            try await run(sql: ChatSQL.explain(argument))
        case .rows:
            guard let lastTable else { return await say("There is no result yet.", .dim) }
            await console.page(lastTable.fitted(to: max(2, await console.width - 1)))
        case .prompts: try await prompts(argument)
        case .model: try await models(argument)
        case .provider:
            let (backend, console) = (backend, console)
            let answering = try await console.during { try await backend.model() }
            guard let provider = answering.provider else { return await say(answering.problem ?? "none") }
            await say(provider + (model.map { ", \($0)" } ?? ""))
        case .history: try await conversations(argument)
        case .save:
            let (backend, console) = (backend, console)
            guard let conversation, !argument.isEmpty else {
                return await say("/save takes a title, once something was asked.", .yellow)
            }
            try await console.during { try await backend.rename(conversation, to: argument) }
            await say("Kept as \"\(argument)\".", .green)
        case .export: try await export(argument)
        case .delete: try await delete(argument)
        case .clear:
            conversation = nil
            await console.clear()
            await say("A new conversation.", .dim)
        case .quit: break
        }
    }

    mutating func ask(_ text: String) async throws {
        let question = ChatQuestion(text: text, conversation: conversation, database: current?.name, model: model)
        let printer = TurnPrinter(console: console)
        let (backend, console) = (backend, console)
        do {
            try await console.during {
                try await backend.turn(
                    question, confirm: { try await console.confirm($0) }, onEvent: { await printer.show($0) })
            }
        } catch {
            await printer.flush()
            conversation = await printer.conversation ?? conversation
            lastTable = await printer.lastTable ?? lastTable
            throw error
        }
        conversation = await printer.conversation ?? conversation
        lastTable = await printer.lastTable ?? lastTable
    }

    private mutating func run(sql: String) async throws {
        let (backend, console, name) = (backend, console, current?.name)
        let answer = try await console.during {
            await console.live("running")
            return try await backend.query(sql, database: name, offset: 0) { try await console.confirm($0) }
        }
        let width = max(2, await console.width - 1)
        for notice in answer.notices { await say(notice, .yellow) }
        var lines: [SafeText] = []
        for (index, table) in answer.tables.enumerated() {
            lines += table.fitted(to: width) + TextChart.lines(table, width: width)
            if index < answer.footers.count { lines.append(SafeText(answer.footers[index], .dim)) }
            lastTable = table
        }
        if answer.tables.isEmpty, let footer = answer.footers.first { lines.append(SafeText(footer, .dim)) }
        await console.page(lines)
        if let done = answer.done { await say(done, .green) }
    }
}
