public import AuthTokens

extension AccountFiles {
    /// The files that a configuration names.
    ///
    /// - Parameter configuration: The configuration.
    public init(_ configuration: AgentConfiguration) {
        let auth = configuration.http.auth
        self.init(tokens: auth.tokenFile, users: auth.userFile, state: configuration.state.directory)
    }
}

extension Accounts.Policy {
    /// The limits of a configuration.
    ///
    /// - Parameter auth: Its section `http.auth`.
    public init(_ auth: HTTPConfiguration.AuthenticationConfiguration) {
        self.init()
        lockout = Lockout.Policy(failures: auth.lockoutFailures, duration: auth.lockoutDuration)
        attemptsPerAddress = auth.rateLimitAttempts
        window = auth.rateLimitWindow
        sessions = SessionPolicy(lifetime: auth.sessionLifetime)
    }
}

extension Accounts {
    /// Reads the accounts of a configuration, and makes the folder for their state.
    ///
    /// - Parameter configuration: The configuration.
    /// - Returns: The accounts; nil when authentication is off (`http.auth.enabled: false`).
    /// - Throws: ``ConfigurationError`` when a file is not as it must be, or others may read it.
    public static func open(_ configuration: AgentConfiguration) throws(ConfigurationError) -> Accounts? {
        guard configuration.http.auth.enabled else { return nil }
        if let folder = configuration.state.directory { AuditPlace.make(folder) }
        return try read(configuration)
    }

    /// Checks the files of the accounts of a configuration, without making anything.
    ///
    /// - Parameter configuration: The configuration.
    /// - Throws: ``ConfigurationError`` when a file is not as it must be, or others may read it.
    public static func check(_ configuration: AgentConfiguration) throws(ConfigurationError) {
        if configuration.http.auth.enabled { _ = try read(configuration) }
    }

    private static func read(_ configuration: AgentConfiguration) throws(ConfigurationError) -> Accounts {
        do {
            return try Accounts(files: AccountFiles(configuration), policy: Policy(configuration.http.auth))
        } catch {
            let isExposed = error.code == .exposed
            throw ConfigurationError(issues: [
                ConfigurationIssue(
                    kind: isExposed ? .insecure : .invalid, key: "http.auth",
                    message: PlainText.escaped(error.description))
            ])
        }
    }
}
