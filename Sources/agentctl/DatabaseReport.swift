import AgentCore
import AgentTerminal
import MCPProtocol

/// What `agentctl db test` found of one database.
struct DatabaseReport: Sendable {
    /// What a database that answers says of itself.
    struct Findings: Sendable {
        var info: SystemInfo
        /// How long the first answer took, connecting included, in milliseconds.
        var connectMilliseconds: Double
        /// How long a small query took over the open connection, in milliseconds.
        var queryMilliseconds: Double
        /// What is wrong with `allow_functions`.
        var idleAllowances: [String]
    }

    /// Why a database cannot be used.
    struct Problem: Sendable {
        /// The text that callers of the agent get.
        var text: String
        /// libpq's own words with host and port, which the operator at this terminal may read; never a password.
        var detail: String?
    }

    /// The configured name.
    let name: String
    /// Whether the configuration allows writes.
    let allowsWrites: Bool
    /// What was found.
    let result: Result<Findings, Failure>

    /// A problem as an error, so that it fits a `Result`.
    struct Failure: Error { var problem: Problem }

    /// Asks every database at once, so that several that are down delay the report only once.
    static func all(_ databases: [Database]) async -> [DatabaseReport] {
        await withTaskGroup(of: (Int, DatabaseReport).self) { group in
            for (index, database) in databases.enumerated() {
                group.addTask { (index, await report(on: database)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func report(on database: Database) async -> DatabaseReport {
        let result: Result<Findings, Failure>
        do throws(QueryFailure) {
            let start = ContinuousClock.now
            let info = try await database.systemInfo()
            let connected = ContinuousClock.now
            _ = try await database.query(QueryRequest(sql: "SELECT 1"))
            let asked = ContinuousClock.now
            result = .success(
                Findings(
                    info: info, connectMilliseconds: milliseconds(connected - start),
                    queryMilliseconds: milliseconds(asked - connected),
                    idleAllowances: try await database.idleAllowances()))
        } catch {
            result = .failure(Failure(problem: Problem(text: error.description, detail: error.operatorDetail)))
        }
        return DatabaseReport(
            name: database.name, allowsWrites: database.configuration.allowWrites, result: result)
    }

    /// Milliseconds to a tenth.
    private static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds * 10_000 + attoseconds / 100_000_000_000_000) / 10
    }

    /// Whether the database can be used.
    var isUsable: Bool {
        if case .success = result { true } else { false }
    }

    /// What an operator should change.
    var warnings: [String] {
        var warnings: [String] = []
        if allowsWrites { warnings.append("allow_writes is on") }
        if case .success(let findings) = result { warnings += findings.idleAllowances }
        if case .success(let findings) = result, !findings.info.privileges.isLeast {
            let held = findings.info.privileges.held.joined(separator: ", ")
            warnings.append(
                "the role may do more than read (\(held)); a role that only reads is safer (agentctl db privileges)")
        }
        return warnings
    }

    /// The report for people.
    var text: String {
        var text = TerminalText.line(name) + (isUsable ? ": ok\n" : ": FAILED\n")
        switch result {
        case .success(let findings):
            let info = findings.info
            for (label, value) in [
                ("PostgreSQL", info.postgresqlVersion), ("database", info.database), ("role", info.user),
                ("access", allowsWrites ? "writes allowed, with approval" : "read-only"),
                ("TLS", info.isEncrypted ? "yes" : "no"), ("server", info.inRecovery ? "standby" : "primary"),
                ("connecting", "\(findings.connectMilliseconds) ms"), ("a query", "\(findings.queryMilliseconds) ms"),
            ] {
                text += "  \(label)\(String(repeating: " ", count: 12 - label.count))\(TerminalText.line(value))\n"
            }
        case .failure(let failure):
            let parts = [failure.problem.text] + [failure.problem.detail].compactMap { $0 }
            for line in parts.flatMap(TerminalText.lines) { text += "  \(line)\n" }
        }
        for warning in warnings { text += "  warning: \(TerminalText.line(warning))\n" }
        return text
    }

    /// The report for programs.
    var json: JSONValue {
        var object = JSONObject()
        object["name"] = .string(name)
        object["ok"] = .bool(isUsable)
        object["readOnly"] = .bool(!allowsWrites)
        switch result {
        case .success(let findings):
            let info = findings.info
            object["version"] = .string(info.postgresqlVersion)
            object["database"] = .string(info.database)
            object["user"] = .string(info.user)
            object["encrypted"] = .bool(info.isEncrypted)
            object["inRecovery"] = .bool(info.inRecovery)
            object["privileges"] = .array(info.privileges.held.map { .string($0) })
            object["connectMs"] = JSONValue(findings.connectMilliseconds)
            object["queryMs"] = JSONValue(findings.queryMilliseconds)
        case .failure(let failure):
            object["problem"] = .string(failure.problem.text)
            object["detail"] = failure.problem.detail.map { .string($0) }
        }
        object["warnings"] = .array(warnings.map { .string($0) })
        return .object(object)
    }
}
