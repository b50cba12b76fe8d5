public import AuthTokens

extension AgentConfiguration {
    /// Reads the file that `secret_file` names.
    ///
    /// - Returns: The keys; nil when the configuration names no file.
    /// - Throws: ``ConfigurationError`` when it is missing, unreadable, no secret file, or readable by others.
    public func loadSecret() throws(ConfigurationError) -> SecretFile? {
        guard let secretFile else { return nil }
        do {
            return try SecretFile.load(path: secretFile)
        } catch {
            throw ConfigurationError(issues: [
                ConfigurationIssue(
                    kind: error.isExposed ? .insecure : .invalid, key: "secret_file",
                    message: PlainText.escaped(error.description),
                    suggestion: error.isExposed
                        ? "chmod 600 \(PlainText.escaped(secretFile))"
                        : error.isMissing ? "agentctl secret init makes one" : nil)
            ])
        }
    }
}

extension ApprovalDesk {
    /// The desk of a configuration: its keys from `secret_file`, its memory in `state.directory`, and for how long an approval is
    /// good from `approval_lifetime`.
    ///
    /// - Parameters:
    ///   - configuration: The configuration.
    ///   - secret: What ``AgentConfiguration/loadSecret()`` returned.
    public convenience init(configuration: AgentConfiguration, secret: SecretFile?) {
        self.init(
            secret: secret, stateDirectory: configuration.state.directory, lifetime: configuration.approvalLifetime
        ) { .now }
    }
}
