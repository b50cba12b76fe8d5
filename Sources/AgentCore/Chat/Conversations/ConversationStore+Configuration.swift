internal import PGConnector

extension AgentConfiguration {
    /// The store of conversations that the configuration names; opens nothing yet.
    ///
    /// In PostgreSQL where `state.store` is a URL; else in `state.directory`; without that in memory, until the process ends.
    ///
    /// - Throws: ``ConfigurationError`` when `state.store` is neither `sqlite` nor a URL.
    public func makeConversationStore() throws(ConfigurationError) -> any ConversationStore {
        guard state.store != "sqlite" else { return SQLiteConversations(directory: state.directory) }
        let url: ConnectionURL
        do {
            url = try ConnectionURL(state.store)
        } catch {
            throw ConfigurationError(issues: [
                ConfigurationIssue(kind: .invalid, key: "state.store", message: PlainText.escaped(error.description))
            ])
        }
        var parameters = url.parameters
        parameters["application_name"] = parameters["application_name"] ?? "postgres-agent state"
        var provider: (@Sendable () async throws -> String?)?
        if let password = url.password { provider = { password } }
        return PostgresConversations(
            configuration: PGConfiguration(
                parameters: parameters, pool: PGPoolConfiguration(max: 4, acquireTimeout: .seconds(5)),
                passwordProvider: provider))
    }
}

/// Stores of conversations that a program can make without a configuration.
public enum ConversationStores {
    /// A store in a folder, as with `state.directory`.
    ///
    /// - Parameter directory: The folder, as an absolute path; made with mode 700 when it is missing.
    public static func folder(_ directory: String) -> any ConversationStore {
        SQLiteConversations(directory: directory)
    }

    /// A store that the end of the process ends; of all conversations the oldest go when there are very many.
    public static func memory() -> any ConversationStore { SQLiteConversations(directory: nil) }
}
