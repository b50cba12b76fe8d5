internal import AuthTokens

/// The points about the configuration as a whole.
struct ConfigurationPoints {
    private let subject: CheckupSubject
    private var configuration: AgentConfiguration { subject.configuration }

    init(_ subject: CheckupSubject) {
        self.subject = subject
    }

    func findings() -> [Finding] {
        validity + [secrets, secretFile, state, log, model].compactMap(\.self) + audit + [metrics]
    }

    private var validity: [Finding] {
        let issues = subject.inspection.issues
        guard !issues.isEmpty else {
            let file = subject.inspection.loaded.file ?? "environment and options, without a file"
            return [Finding(.configurationValid, .pass, file)]
        }
        return issues.map { issue in
            // The place and the key without the suggestion, which is the remedy.
            var plain = issue
            plain.suggestion = nil
            return Finding(
                .configurationValid, .fail, plain.description,
                remedy: issue.suggestion ?? "agentctl config check names every mistake with its place")
        }
    }

    private var secrets: Finding {
        var keys: [String] = []
        for (index, database) in configuration.databases.enumerated() {
            if case .literal = database.password, standsInFile("databases[\(index)].password") {
                keys.append("databases[\(index)].password")
            }
        }
        if case .literal = configuration.llm.apiKey, standsInFile("llm.api_key") { keys.append("llm.api_key") }
        if case .literal = configuration.embedding.apiKey, standsInFile("embedding.api_key") {
            keys.append("embedding.api_key")
        }
        let store = configuration.state.store
        // postgres://user:password@host
        if let at = store.lastIndex(of: "@"), store[..<at].count(where: { $0 == ":" }) > 1, standsInFile("state.store")
        {
            keys.append("state.store")
        }
        guard !keys.isEmpty else { return Finding(.secretsInline, .pass, "none does") }
        return Finding(
            .secretsInline, .warn, "in clear: \(keys.joined(separator: ", "))",
            remedy: "agentctl secret seal makes an enc: text of it; or use _file or _command, or ~/.pgpass")
    }

    /// What stands in the environment is where the guide wants it.
    private func standsInFile(_ key: String) -> Bool {
        if case .file? = subject.inspection.loaded.origins[key] { true } else { false }
    }

    private var secretFile: Finding {
        guard configuration.secretFile == nil else {
            return Finding(.secretFileSet, .pass, "approvals, sessions and the audit log are sealed with its keys")
        }
        return Finding(
            .secretFileSet, .warn, "approvals do not survive a restart, and the audit log has no seal",
            remedy: "agentctl secret init --secret-file FILE, and secret_file: FILE")
    }

    private var state: Finding? {
        guard subject.servesHTTP || configuration.audit.file != nil else { return nil }
        // `state.store` is about conversations alone.
        guard configuration.state.directory == nil else {
            return Finding(.stateDirectory, .pass, "sessions, lockouts and spent approvals survive a restart")
        }
        return Finding(
            .stateDirectory, .warn, "a restart forgets sessions, lockouts, last uses and spent approvals",
            remedy: "state: { directory: /var/lib/postgres-agent }, mode 700, owned by the service's user")
    }

    private var log: Finding {
        let level = configuration.telemetry.logLevel
        guard level == .trace || level == .debug else {
            return Finding(.logLevel, .pass, "telemetry.log_level is \(level.rawValue)")
        }
        return Finding(
            .logLevel, .warn, "telemetry.log_level is \(level.rawValue): for finding faults, not for production",
            remedy: "telemetry: { log_level: info }")
    }

    private var model: Finding? {
        let addresses = [("llm", configuration.llm.baseURL), ("embedding", configuration.embedding.baseURL)]
        let plain = addresses.compactMap { section, url -> String? in
            guard let url, url.lowercased().hasPrefix("http://"), !AddressReach.isLoopback(url: url) else {
                return nil
            }
            return section + ".base_url"
        }
        guard addresses.contains(where: { $0.1 != nil }) || configuration.llm.provider != nil else { return nil }
        guard !plain.isEmpty else { return Finding(.modelTransport, .pass, "it is") }
        return Finding(
            .modelTransport, .fail,
            "\(plain.joined(separator: ", ")) is plain http: the key and every question can be read",
            remedy: "use https://")
    }

    private var audit: [Finding] {
        guard configuration.audit.file != nil else {
            return [
                Finding(
                    .auditOn, .warn, "who asked what is not kept",
                    remedy: "audit: { file: /var/log/postgres-agent/audit }")
            ]
        }
        return [
            Finding(.auditOn, .pass, "every call is kept"),
            configuration.secretFile == nil
                ? Finding(
                    .auditSealed, .warn, "its chain can be made anew by whoever may write to it",
                    remedy: "agentctl secret init --secret-file FILE, and secret_file: FILE")
                : Finding(.auditSealed, .pass, "it is"),
            configuration.audit.sql == .none
                ? Finding(
                    .auditText, .warn, "audit.sql is none: what was run cannot be found out",
                    remedy: "audit: { sql: full }, or digest where statements hold what must not be kept")
                : Finding(.auditText, .pass, "audit.sql is \(configuration.audit.sql.rawValue)"),
        ]
    }

    private var metrics: Finding {
        guard let listen = configuration.telemetry.metricsListen, !listen.isEmpty else {
            return Finding(.metricsListener, .pass, "there is no listener")
        }
        let address = AddressReach(listen)
        if address.isLoopback { return Finding(.metricsListener, .pass, "on \(listen)") }
        let remedy = "telemetry: { metrics_listen: 127.0.0.1:9464 }, or an address that only the collector reaches"
        return Finding(
            .metricsListener, address.isPrivate ? .warn : .fail,
            "\(listen) answers without authentication to whoever reaches it", remedy: remedy)
    }
}
