internal import AuthTokens

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The points about databases that only the server itself can answer.
struct LiveDatabasePoints {
    private let subject: CheckupSubject

    init(_ subject: CheckupSubject) {
        self.subject = subject
    }

    /// Asks all of them at the same time, each within its limit.
    func findings(_ databases: [Database]) async -> [Finding] {
        await withTaskGroup(of: (Int, [Finding]).self) { group in
            for (index, database) in databases.enumerated() {
                group.addTask { (index, await bounded(database)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private func bounded(_ database: Database) async -> [Finding] {
        let found = try? await Deadline.run(within: subject.databaseLimit) { await examine(database) }
        return found ?? [unreachable("no answer within \(TimeSpan.format(subject.databaseLimit))", database)]
    }

    private func unreachable(_ detail: String, _ database: Database) -> Finding {
        Finding(
            .databaseReachable, .fail, detail, remedy: "agentctl db test; see Documentation/Troubleshooting.md",
            subject: database.name)
    }

    private func examine(_ database: Database) async -> [Finding] {
        let report: PrivilegeReport
        let facts: ServerFacts
        do throws(QueryFailure) {
            report = try await database.privilegeReport()
            facts = try await database.serverFacts { Self.now() }
        } catch {
            // libpq's own words, with host and port, are for the operator, who is the one that asks; they have several lines.
            let words = [error.description, error.operatorDetail].compactMap(\.self).flatMap {
                $0.split(whereSeparator: \.isWhitespace)
            }
            return [unreachable(words.joined(separator: " "), database)]
        }
        let name = database.name
        return [
            Finding(.databaseReachable, .pass, "PostgreSQL \(Self.versionText(facts.version))", subject: name),
            encryption(facts, name), superuser(report, name),
            privileges(report, database.configuration.allowWrites, name), version(facts, name), log(facts, name),
            passwords(facts, name), rules(facts, name), durability(facts, name), clock(facts, name),
        ].compactMap(\.self)
    }

    // MARK: - The connection and the role

    private func encryption(_ facts: ServerFacts, _ name: String) -> Finding {
        if facts.isEncrypted { return Finding(.databaseEncrypted, .pass, "with TLS", subject: name) }
        if facts.host.hasPrefix("/") || AddressReach.isLoopback(host: facts.host) {
            return Finding(.databaseEncrypted, .pass, "it does not leave this machine", subject: name)
        }
        return Finding(
            .databaseEncrypted, .fail, "the connection to \(facts.host) is plain",
            remedy: "ssl = on at the server, and sslmode: verify-full", subject: name)
    }

    private func superuser(_ report: PrivilegeReport, _ name: String) -> Finding {
        guard report.findings.contains(where: { $0.code == .superuser }) else {
            return Finding(.databaseSuperuser, .pass, "role \(report.loginRole)", subject: name)
        }
        return Finding(
            .databaseSuperuser, .fail, "role \(report.loginRole) is one: only the guard stands before the whole server",
            remedy: "agentctl db create-reader makes a role that only reads", subject: name)
    }

    private func privileges(_ report: PrivilegeReport, _ allowWrites: Bool, _ name: String) -> Finding? {
        let others = report.findings.filter { finding in
            finding.code != .superuser && finding.severity != .note && !(allowWrites && finding.severity == .write)
        }
        guard let worst = others.first else {
            return report.findings.contains { $0.code == .superuser }
                ? nil : Finding(.databasePrivileges, .pass, "role \(report.loginRole)", subject: name)
        }
        let texts = others.prefix(4).map { finding in
            finding.text + (finding.nameList.map { " (\($0))" } ?? "")
        }
        let more = others.count > 4 ? "; and \(others.count - 4) more" : ""
        return Finding(
            .databasePrivileges, worst.severity == .critical ? .fail : .warn,
            "role \(report.loginRole) \(texts.joined(separator: "; "))\(more)",
            remedy: "agentctl db privileges says how to take each away", subject: name)
    }

    // MARK: - The server

    private func version(_ facts: ServerFacts, _ name: String) -> Finding {
        let text = "PostgreSQL \(Self.versionText(facts.version))"
        guard let end = PostgresRelease.end(of: facts.version), let moment = Timestamp(end), moment < subject.now else {
            return Finding(.databaseVersion, .pass, text, subject: name)
        }
        return Finding(
            .databaseVersion, .warn, "\(text) is not mended any more since \(end)",
            remedy: "pg_upgrade to a newer major version",
            subject: name)
    }

    private func log(_ facts: ServerFacts, _ name: String) -> Finding? {
        guard let setting = facts.settings["log_connections"] else { return nil }
        guard setting == "off" || setting.isEmpty else {
            return Finding(.databaseLog, .pass, "log_connections is \(setting)", subject: name)
        }
        return Finding(
            .databaseLog, .warn, "log_connections is off: who signed in past agentd is not seen",
            remedy: "ALTER SYSTEM SET log_connections = on, log_disconnections = on, and pg_reload_conf()",
            subject: name)
    }

    private func passwords(_ facts: ServerFacts, _ name: String) -> Finding? {
        guard let setting = facts.settings["password_encryption"] else { return nil }
        guard setting != "scram-sha-256" else { return Finding(.databasePasswords, .pass, setting, subject: name) }
        return Finding(
            .databasePasswords, .warn, "password_encryption is \(setting): new passwords are kept as MD5",
            remedy: "password_encryption = scram-sha-256, and set the passwords anew", subject: name)
    }

    private func rules(_ facts: ServerFacts, _ name: String) -> Finding? {
        guard let rules = facts.rules else { return nil }
        let remedy = "scram-sha-256 in place of trust and password in pg_hba.conf, hostssl in place of host"
        if rules.trustRemote > 0 {
            return Finding(
                .databaseAccessRules, .fail, "\(rules.trustRemote) rules of pg_hba.conf trust other machines",
                remedy: remedy, subject: name)
        }
        var problems: [String] = []
        if rules.trustLocal > 0 {
            problems.append("\(rules.trustLocal) rules of pg_hba.conf trust every user of the machine")
        }
        if rules.clear > 0 { problems.append("\(rules.clear) take passwords in clear") }
        guard !problems.isEmpty else { return Finding(.databaseAccessRules, .pass, "it does not", subject: name) }
        return Finding(
            .databaseAccessRules, .warn, problems.joined(separator: "; "), remedy: remedy, subject: name)
    }

    private func durability(_ facts: ServerFacts, _ name: String) -> Finding? {
        let off = ["fsync", "full_page_writes"].filter { facts.settings[$0] == "off" }
        guard !off.isEmpty else { return Finding(.databaseDurability, .pass, "fsync is on", subject: name) }
        return Finding(
            .databaseDurability, .warn, "\(off.joined(separator: " and ")) off: a crash can destroy the database",
            remedy: "switch it on; off is for tests", subject: name)
    }

    private func clock(_ facts: ServerFacts, _ name: String) -> Finding {
        guard facts.clockSkew > 30 else {
            return Finding(.clock, .pass, "as the server's, to within half a minute", subject: name)
        }
        return Finding(
            .clock, .warn, "it differs by \(Int(min(facts.clockSkew, 1e12))) seconds from the server's",
            remedy: "synchronise both (timedatectl set-ntp true)", subject: name)
    }

    /// `15.8` of 150008.
    private static func versionText(_ version: Int) -> String { "\(version / 10000).\(version % 10000)" }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
