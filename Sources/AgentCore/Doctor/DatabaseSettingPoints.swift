internal import AuthTokens

/// The points about databases that the configuration alone answers.
struct DatabaseSettingPoints {
    private let subject: CheckupSubject

    init(_ subject: CheckupSubject) {
        self.subject = subject
    }

    func findings() -> [Finding] {
        subject.configuration.databases.flatMap { database in
            [
                writes(database), confirmation(database), encryption(database), functions(database),
                relations(database), least(database), limits(database), passwordAge(database),
            ].compactMap(\.self)
        }
    }

    private func writes(_ database: DatabaseConfiguration) -> Finding {
        guard database.allowWrites else {
            return Finding(.allowWrites, .pass, "allow_writes is off", subject: database.name)
        }
        return Finding(
            .allowWrites, .warn, "allow_writes is on: DANGEROUS", remedy: "remove allow_writes unless writing is meant",
            subject: database.name)
    }

    private func confirmation(_ database: DatabaseConfiguration) -> Finding? {
        guard database.allowWrites else { return nil }
        guard database.writeConfirmation == .client else {
            return Finding(.writeConfirmation, .pass, "enforced by the server", subject: database.name)
        }
        return Finding(
            .writeConfirmation, .warn,
            "write_confirmation is client: a client that asks nobody writes without an approval",
            remedy: "write_confirmation: required", subject: database.name)
    }

    // MARK: - TLS

    private func encryption(_ database: DatabaseConfiguration) -> Finding {
        let parameters = database.connectionParameters()
        let remote = hosts(parameters).filter {
            !$0.isEmpty && !$0.hasPrefix("/") && !AddressReach.isLoopback(host: $0)
        }
        guard !remote.isEmpty else {
            return Finding(.sslmode, .pass, "the server is on this machine", subject: database.name)
        }
        let mode = parameters["sslmode"] ?? subject.environment["PGSSLMODE"] ?? "prefer"
        let names = remote.joined(separator: ", ")
        let remedy = "sslmode: verify-full, with sslrootcert: the authority of the server, or system"
        switch mode {
        case "verify-full": return Finding(.sslmode, .pass, "sslmode is verify-full", subject: database.name)
        case "verify-ca", "require":
            return Finding(
                .sslmode, .warn, "sslmode is \(mode): another server can pass for \(names)", remedy: remedy,
                subject: database.name)
        default:
            return Finding(
                .sslmode, .fail, "sslmode is \(mode): the connection to \(names) may be plain", remedy: remedy,
                subject: database.name)
        }
    }

    private func hosts(_ parameters: [String: String]) -> [String] {
        // An address goes before the name, and a service file may say anything.
        let said =
            parameters["hostaddr"] ?? parameters["host"] ?? subject.environment["PGHOSTADDR"]
            ?? subject.environment["PGHOST"]
        if said == nil, parameters["service"] != nil || subject.environment["PGSERVICE"] != nil {
            return ["its service"]
        }
        return (said ?? "").split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    }

    // MARK: - The guard

    private func functions(_ database: DatabaseConfiguration) -> Finding? {
        guard !database.allowFunctions.isEmpty else { return nil }
        var refused: [String] = []
        var wide: [String] = []
        for entry in database.allowFunctions {
            let name = entry.prefix { $0 != "(" }.split(separator: ".").last.map { String($0).lowercased() } ?? ""
            if name == "*" {
                wide.append(entry)
            } else if let why = RefusedFunctions.why[name.filter { $0 != " " && $0 != "\"" }] {
                refused.append("\(entry) \(why)")
            }
        }
        let remedy = "take it out of allow_functions, or wrap what is needed in a function of your own that is stable"
        if !refused.isEmpty {
            return Finding(
                .allowFunctions, .fail, refused.joined(separator: "; "), remedy: remedy, subject: database.name)
        }
        if !wide.isEmpty {
            return Finding(
                .allowFunctions, .warn,
                "\(wide.joined(separator: ", ")) allows whatever anybody adds to the schema",
                remedy: "name the functions one by one", subject: database.name)
        }
        return Finding(
            .allowFunctions, .pass, database.allowFunctions.joined(separator: ", "), subject: database.name)
    }

    private func relations(_ database: DatabaseConfiguration) -> Finding? {
        let entries = database.allowRelations + database.allowSettings
        guard !entries.isEmpty else { return nil }
        // Neither list does anything for what is not a secret.
        return Finding(
            .allowRelations, .warn, "\(entries.joined(separator: ", ")): models and callers see credentials",
            remedy: "take them out of allow_relations and allow_settings", subject: database.name)
    }

    private func least(_ database: DatabaseConfiguration) -> Finding {
        guard !database.requireLeastPrivilege else {
            return Finding(
                .requireLeastPrivilege, .pass, "a role that could do more is not served", subject: database.name)
        }
        return Finding(
            .requireLeastPrivilege, .warn, "a role that is given more rights later is served all the same",
            remedy: "require_least_privilege: true, once agentctl db privileges finds nothing", subject: database.name)
    }

    private func limits(_ database: DatabaseConfiguration) -> Finding {
        let limits = database.limits
        var problems: [String] = []
        if limits.statementTimeout > .seconds(600) || limits.statementTimeout <= .zero {
            problems.append("statement_timeout is \(TimeSpan.format(limits.statementTimeout))")
        }
        if limits.rows > 100_000 { problems.append("rows is \(limits.rows)") }
        if limits.bytes > 64 << 20 { problems.append("bytes is \(limits.bytes)") }
        if limits.rowBytes > 256 << 20 { problems.append("row_bytes is \(limits.rowBytes)") }
        if limits.concurrentPerToken >= database.pool.max, database.pool.max > 1 {
            problems.append("one caller may hold all \(database.pool.max) connections")
        }
        guard !problems.isEmpty else {
            return Finding(
                .databaseLimits, .pass, "\(limits.rows) rows, \(TimeSpan.format(limits.statementTimeout))",
                subject: database.name)
        }
        return Finding(
            .databaseLimits, .warn, problems.joined(separator: ", "),
            remedy: "limits: { rows: 1000, bytes: 1MiB, statement_timeout: 30s, concurrent_per_token: 2 }",
            subject: database.name)
    }

    /// The file's date tells when the password was last changed, where there is a file.
    private func passwordAge(_ database: DatabaseConfiguration) -> Finding? {
        guard case .file(let path) = database.password, let changed = FileMoment.changed(path) else { return nil }
        let days = (subject.now.seconds - changed.seconds) / 86400
        guard days > RotationCalendar.quarter else {
            return Finding(.passwordAge, .pass, "changed \(max(days, 0)) days ago", subject: database.name)
        }
        return Finding(
            .passwordAge, .warn, "\(path) was last changed \(days) days ago",
            remedy: "ALTER ROLE … PASSWORD, and the new one in the file; agentd reads it at the next connection",
            subject: database.name)
    }
}

/// How old things may become, in days.
enum RotationCalendar {
    /// Tokens and passwords of databases.
    static let quarter: Int64 = 92
    /// Keys of the secret file, passwords of people.
    static let year: Int64 = 366
    /// After how long a token that nobody uses is one too many.
    static let unused: Int64 = 90
}
