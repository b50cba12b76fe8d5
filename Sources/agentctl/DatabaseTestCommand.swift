import AgentCommandLine
import AgentCore
import ArgumentParser
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
        let reports = try await DatabaseChoice.withDatabases(names, of: source) { await DatabaseReport.all($0) }
        StandardStreams.write(json ? Self.json(reports) : reports.map(\.text).joined(separator: "\n"))
        if reports.contains(where: { !$0.isUsable }) { throw ExitCode(1) }
    }

    private static func json(_ reports: [DatabaseReport]) -> String {
        PlainText.jsonForTerminals(JSONValue.array(reports.map(\.json)).serialized()) + "\n"
    }
}
