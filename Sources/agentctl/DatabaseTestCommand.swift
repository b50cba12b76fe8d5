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

    @OptionGroup var source: ConfigurationSource

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
            StandardStreams.writeError("no database is configured: add one under databases, or set PGHOST or PGDATABASE")
            throw ExitCode(2)
        }
        let reports = try await Interrupt.cancelling { await DatabaseReport.all(databases) }
        await registry.shutdown()
        StandardStreams.write(json ? Self.json(reports) : reports.map(\.text).joined(separator: "\n"))
        if reports.contains(where: { $0.problem != nil }) { throw ExitCode(1) }
    }

    private static func json(_ reports: [DatabaseReport]) -> String {
        String(decoding: JSONValue.array(reports.map(\.json)).serialized(), as: UTF8.self) + "\n"
    }
}

/// What was found of one database.
struct DatabaseReport: Sendable {
    /// A line of the report: for people, and with its key for programs.
    struct Fact: Sendable {
        var key: String
        var label: String
        var value: String
    }

    /// The configured name.
    let name: String
    /// What was found, in the order in which it is shown.
    var facts: [Fact] = []
    /// What an operator should change.
    var warnings: [String] = []
    /// Why the database cannot be used; nil when it can.
    var problem: String?

    /// Asks every database at once, so that one that is down delays the report only once.
    static func all(_ databases: [Database]) async -> [DatabaseReport] {
        await withTaskGroup(of: (Int, DatabaseReport).self) { group in
            for (index, database) in databases.enumerated() {
                group.addTask { (index, await report(on: database)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func report(on database: Database) async -> DatabaseReport {
        var report = DatabaseReport(name: database.name)
        do throws(QueryFailure) {
            let connecting = ContinuousClock.now
            let info = try await database.systemInfo()
            let connected = ContinuousClock.now - connecting
            let again = ContinuousClock.now
            _ = try await database.query(QueryRequest(sql: "SELECT 1"))
            let latency = ContinuousClock.now - again
            let tls = try await database.query(
                QueryRequest(sql: "SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
            report.take(info, of: database)
            report.takeTLS(tls)
            report.add("connect_ms", "connected in", milliseconds(connected), unit: " ms")
            report.add("latency_ms", "query takes", milliseconds(latency), unit: " ms")
        } catch {
            report.problem = error.description
        }
        return report
    }

    private mutating func add(_ key: String, _ label: String, _ value: String, unit: String = "") {
        facts.append(Fact(key: key, label: label, value: value + unit))
    }

    private mutating func take(_ info: SystemInfo, of database: Database) {
        add("version", "PostgreSQL", info.postgresqlVersion)
        add("database", "database", info.database)
        add("user", "role", info.user)
        add("read_only", "access", database.configuration.allowWrites ? "writes allowed (with approval)" : "read-only")
        add("in_recovery", "server", info.inRecovery ? "standby" : "primary")
        if database.configuration.allowWrites { warnings.append("allow_writes is on") }
        if !info.privileges.isEmpty {
            warnings.append(
                "the role could do more than read: \(info.privileges.joined(separator: ", ")); a role that can only read is safer")
        }
    }

    private mutating func takeTLS(_ result: QueryResult) {
        guard let row = result.rows.first, row.first == "t" else {
            add("tls", "TLS", "no")
            return
        }
        add("tls", "TLS", row.dropFirst().compactMap { $0 }.joined(separator: ", "))
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let tenths = (seconds * 10_000) + attoseconds / 100_000_000_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// The report for people.
    var text: String {
        var text = TerminalText.line(name) + (problem == nil ? ": ok\n" : ": FAILED\n")
        for fact in facts {
            let pad = String(repeating: " ", count: max(0, 14 - fact.label.count))
            text += "  \(fact.label)\(pad)\(TerminalText.line(fact.value))\n"
        }
        for warning in warnings { text += "  warning: \(TerminalText.line(warning))\n" }
        if let problem {
            for line in TerminalText.lines(problem) { text += "  \(line)\n" }
        }
        return text
    }

    /// The report for programs.
    var json: JSONValue {
        var object = JSONObject()
        object["name"] = .string(name)
        object["ok"] = .bool(problem == nil)
        for fact in facts { object[fact.key] = .string(fact.value) }
        object["warnings"] = .array(warnings.map { .string($0) })
        object["problem"] = problem.map { .string($0) } ?? .null
        return .object(object)
    }
}
