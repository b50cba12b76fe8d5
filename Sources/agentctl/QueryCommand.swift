import AgentCommandLine
import AgentCore
import AgentTerminal
import ArgumentParser
import AuthTokens
import Logging
import MCPProtocol

/// `agentctl query`: one statement through the guard that `agentd` uses, in this process.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Run SQL and print its rows; a write is shown and asked about first.",
        discussion: """
            The statement goes through the same guard as a model's: what is not provably a read is refused with the reason. \
            Limits of the database's configuration hold; what was left out is said under the table, or on standard error.

            Where the database's entry says allow_writes: true, a write is shown on the terminal and asked about: "Execute this \
            query? [y/N]:". Anything but y or yes declines, and so does a standard input that is no terminal. Several statements \
            run in one transaction, all or nothing.

            With audit.file configured the call is recorded, in a file beside agentd's own (agentctl audit tail --commands).

            --output replaces a file that exists, as psql does, and only when there are rows to write: what is refused or fails \
            leaves it as it was. A new file is readable by its owner alone.

            CSV is RFC 4180 with LF line ends; NULL is an empty field and the empty string is "". Values are exact: one that a \
            spreadsheet would take for a formula is not changed, so import untrusted data with its columns typed as text.

            Exit status: 0 when the statement ran, 1 when it was refused or failed, 2 for a wrong call or configuration, 3 when a \
            write was declined, 4 when it is unknown whether a write was committed, 130 when it was interrupted.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(name: [.customShort("d"), .long], help: "The database, by its configured name (default: the first).")
    var database: String?

    @Option(
        name: .shortAndLong, help: "table, csv, json or vertical.",
        completion: .list(ResultFormat.allCases.map(\.rawValue)), transform: ResultFormat.read)
    var format = ResultFormat.table

    // Parsed without a look at the dash of -1, so that the answer is about the number.
    @Option(
        name: .long, parsing: .unconditional, help: "The most rows (default and most: the database's limits.rows).")
    var limit: Int?

    @Option(name: .long, parsing: .unconditional, help: "Rows to skip first.")
    var offset = 0

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "Write the rows to this file instead of standard output, in place of what it held.", valueName: "file"),
        completion: .file())
    var output: String?

    @Flag(
        name: .long,
        help: "Run a write, show the rows it would touch, and roll it back. It is asked about all the same.")
    var dryRun = false

    @Argument(help: "The SQL, or - to read it from standard input; after -- when it begins with a dash.")
    var sql: String

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if offset < 0 { throw ValidationError("--offset must not be negative.") }
    }

    func run() async throws {
        let loaded = try source.load()
        let secret = try loaded.configuration.loadSecret()
        if let unsent = loaded.unsentPassword { StandardStreams.writeError(unsent) }
        let name = try DatabaseChoice.configuration(named: database, in: loaded, source).name
        let text = try sql == "-" ? StandardStreams.readInput(atMost: 10_000_000) : sql
        let audit = CommandAuditLog(configuration: loaded.configuration, secret: secret) {
            StandardStreams.writeError($0)
        }
        let registry = DatabaseRegistry(
            configuration: loaded.configuration, logger: Logger(label: "agentctl") { _ in SwiftLogNoOpLogHandler() },
            observers: audit.map { [$0] } ?? [], desk: ApprovalDesk(configuration: loaded.configuration, secret: secret)
        )
        let outcome = await result(of: text, on: try registry.database(named: name))
        await registry.shutdown()
        switch outcome {
        case .success(.rows(let result)):
            try write(result)
        case .success(.written(let result)):
            try report(result)
        case .failure(let failure):
            StandardStreams.writeError(failure.message)
            throw ExitCode(failure.code)
        }
    }

    /// Why nothing is printed, with the exit status.
    private struct Failure: Error {
        var message: String
        var code: Int32 = 1
    }

    private func result(of text: String, on database: Database) async -> Result<GuardedStatement.Answer, Failure> {
        let origin = CallOrigin(
            principal: .local, client: "agentctl/\(AgentVersion.current)", tool: "agentctl query")
        let statement = GuardedStatement(
            request: WriteRequest(sql: text, dryRun: dryRun, origin: origin, limit: limit), offset: offset)
        do {
            return .success(
                try await Interrupt.cancelling {
                    try await statement.answer(on: database, confirm: WritePrompt.ask)
                })
        } catch let failure as QueryFailure {
            switch failure.kind {
            // 128 + SIGINT is what a shell makes of a process that Ctrl-C ended.
            case .cancelled: return .failure(Failure(message: "cancelled", code: 130))
            case .declined: return .failure(Failure(message: "declined: nothing was run", code: 3))
            case .outcomeUnknown: return .failure(Failure(message: failure.description, code: 4))
            // What a model is not told: the person here is the operator.
            case .unexpected:
                return .failure(
                    Failure(message: [failure.description, failure.operatorDetail ?? ""].joined(separator: "\n")))
            default: return .failure(Failure(message: failure.description))
            }
        } catch is CancellationError {
            return .failure(Failure(message: "cancelled", code: 130))
        } catch {
            return .failure(Failure(message: "\(error)"))
        }
    }

    private func write(_ result: QueryResult) throws {
        for notice in result.notices { StandardStreams.writeError(notice) }
        try put(format.text(result))
        if !format.isForPeople, let cut = ResultFormat.cut(result) { StandardStreams.writeError("warning: \(cut)") }
    }

    /// Rows go to standard output as those of a read do, what was done to standard error: a program that reads the rows
    /// finds nothing else there.
    private func report(_ result: WriteResult) throws {
        for notice in result.notices { StandardStreams.writeError(notice) }
        try put(result.statements.compactMap(\.result).map(format.text).joined())
        let done = result.statements.map(\.summary).joined(separator: "; ")
        StandardStreams.writeError(result.dryRun ? "dry run, rolled back: \(done)" : "committed: \(done)")
        for rows in result.statements.compactMap(\.result) {
            if !format.isForPeople, let cut = ResultFormat.cut(rows) { StandardStreams.writeError("warning: \(cut)") }
        }
    }

    private func put(_ text: String) throws {
        if let output {
            try StandardStreams.write(text, to: output)
        } else if format == .csv, StandardStreams.isTerminal {
            // CSV is exact for programs; it has no escape that a terminal would not act on.
            StandardStreams.write(TerminalText.lines(text).joined(separator: "\n"))
        } else if !text.isEmpty {
            StandardStreams.write(text)
        }
    }
}
