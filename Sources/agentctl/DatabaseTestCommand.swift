import AgentCommandLine
import AgentCore
import ArgumentParser
import Logging
import MCPProtocol

/// `agentctl db test`: connects to each database and says what was found.
struct DatabaseTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Connect to the databases and show version, role, TLS, read-only state and latency.",
        discussion: """
            Exit status: 0 when every database answered, 1 when one did not, 2 for a wrong call or configuration. No password is \
            ever printed.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Argument(help: "The databases, by their configured names (default: all).")
    var names: [String] = []

    func run() async throws {
        let loaded = try source.load()
        let registry = DatabaseRegistry(
            configuration: loaded.configuration, logger: Logger(label: "agentctl") { _ in SwiftLogNoOpLogHandler() })
        let databases: [Database]
        do {
            databases = names.isEmpty ? registry.databases : try names.map { try registry.database(named: $0) }
        } catch {
            StandardStreams.writeError("\(error)")
            throw ExitCode(2)
        }
        guard !databases.isEmpty else {
            StandardStreams.writeError(
                "no database is configured: add one under databases, or set PGHOST or PGDATABASE")
            throw ExitCode(2)
        }
        let reports = try await Interrupt.cancelling { await DatabaseReport.all(databases) }
        await registry.shutdown()
        StandardStreams.write(json ? Self.json(reports) : reports.map(\.text).joined(separator: "\n"))
        if reports.contains(where: { !$0.isUsable }) { throw ExitCode(1) }
    }

    private static func json(_ reports: [DatabaseReport]) -> String {
        PlainText.jsonForTerminals(JSONValue.array(reports.map(\.json)).serialized()) + "\n"
    }
}
