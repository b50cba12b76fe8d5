import AgentCommandLine
import AgentCore
import ArgumentParser
import AuthTokens
import Logging
import MCPProtocol

/// `agentctl query`: one statement through the guard that `agentd` uses, in this process.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Run one read-only SQL statement and print its rows.",
        discussion: """
            The statement goes through the same guard as a model's: what is not provably a read is refused with the reason. \
            Limits of the database's configuration hold; what was left out is said under the table, or on standard error.

            CSV is RFC 4180 with LF line ends; NULL is an empty field and the empty string is "". Values are exact: one that a \
            spreadsheet would take for a formula is not changed, so import untrusted data with its columns typed as text.

            Exit status: 0 when the statement ran, 1 when it was refused or failed, 2 for a wrong call or configuration.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(name: [.customShort("d"), .long], help: "The database, by its configured name (default: the first).")
    var database: String?

    @Option(name: .shortAndLong, help: "table, csv, json or vertical.")
    var format: ResultFormat = .table

    @Option(name: .long, help: "The most rows (default and most: the database's limits.rows).")
    var limit: Int?

    @Option(name: .long, help: "Rows to skip first.")
    var offset = 0

    @Option(name: [.customShort("o"), .long], help: "Write the rows to this file instead of standard output.")
    var output: String?

    @Argument(help: "The SQL, or - to read it from standard input; after -- when it begins with a dash.")
    var sql: String

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if offset < 0 { throw ValidationError("--offset must not be negative.") }
    }

    func run() async throws {
        let loaded = try source.load()
        let text = try sql == "-" ? StandardStreams.readInput(atMost: 10_000_000) : sql
        let registry = DatabaseRegistry(
            configuration: loaded.configuration, logger: Logger(label: "agentctl") { _ in SwiftLogNoOpLogHandler() })
        let outcome = await result(of: text, in: registry)
        await registry.shutdown()
        switch outcome {
        case .success(let result):
            try write(result)
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

    private func result(of text: String, in registry: DatabaseRegistry) async -> Result<QueryResult, Failure> {
        let database: Database
        do {
            database = try registry.database(named: self.database)
        } catch {
            return .failure(Failure(message: error.description, code: 2))
        }
        let request = QueryRequest(
            sql: text, limit: limit, offset: offset,
            origin: CallOrigin(principal: .local, client: "agentctl/\(AgentVersion.current)", tool: "agentctl query"))
        do {
            return .success(try await Interrupt.cancelling { try await database.query(request) })
        } catch let failure as QueryFailure {
            // 128 + SIGINT is what a shell makes of a process that Ctrl-C ended.
            if case .cancelled = failure.kind { return .failure(Failure(message: "cancelled", code: 130)) }
            return .failure(Failure(message: failure.description))
        } catch {
            return .failure(Failure(message: "\(error)"))
        }
    }

    private func write(_ result: QueryResult) throws {
        for notice in result.notices { StandardStreams.writeError(notice) }
        let text = format.text(result)
        if let output {
            try StandardStreams.write(text, to: output)
        } else {
            StandardStreams.write(text)
        }
        if !format.isForPeople, let cut = ResultFormat.cut(result) { StandardStreams.writeError("warning: \(cut)") }
    }
}
