/// One thing that a role could do although reading does not need it.
public struct PrivilegeFinding: Sendable, Hashable {
    /// How much it matters.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// As good as a superuser, or a way to become one.
        case critical
        /// Could change data or take up space in the database.
        case write
        /// Could read what holds secrets or is protected from others.
        case exposure
        /// Worth knowing; changes nothing that lasts.
        case note
    }

    /// What was found: a stable word for programs. New words can appear, so a `switch` wants a default.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case superuser
        case createRole = "create_role"
        case createDatabase = "create_database"
        case replication
        case bypassRowSecurity = "bypass_row_security"
        case executeServerProgram = "execute_server_program"
        case writeServerFiles = "write_server_files"
        case readServerFiles = "read_server_files"
        case createSubscription = "create_subscription"
        case alterSystem = "alter_system"
        case writeAllData = "write_all_data"
        case maintain
        case signalBackends = "signal_backends"
        case checkpoint
        case ownDatabase = "own_database"
        case ownSchemas = "own_schemas"
        case ownRelations = "own_relations"
        case writeTables = "write_tables"
        case createInDatabase = "create_in_database"
        case createObjects = "create_objects"
        case temporaryTables = "temporary_tables"
        case sequences
        case largeObjects = "large_objects"
        case createLargeObjects = "create_large_objects"
        case writeAheadLog = "write_ahead_log"
        case securityDefiner = "security_definer"
        case serverFileFunctions = "server_file_functions"
        case readPasswordHashes = "read_password_hashes"
        case readSecrets = "read_secrets"
        case readStatistics = "read_server_state"
        case refusedFunctions = "refused_functions"
    }

    /// What was found.
    public let code: Code
    /// How much it matters.
    public let severity: Severity
    /// What the role could do, in words of the agent's own: no name of the database is in it.
    public let text: String
    /// Some of the objects or roles that it is about, quoted as SQL quotes them; written by whoever made them.
    public let names: [String]
    /// How many there are; more than ``names`` when these were cut.
    public let total: Int
    /// How to mend it.
    public let remedy: String

    /// The most names that one finding lists.
    static let mostNames = 5

    init(
        _ code: Code, _ severity: Severity, _ text: String, names: [String] = [], total: Int? = nil, remedy: String
    ) {
        self.code = code
        self.severity = severity
        self.text = text
        self.names = Array(names.prefix(Self.mostNames))
        self.total = max(total ?? names.count, self.names.count)
        self.remedy = remedy
    }

    /// The names on one line, and how many more there are; nil when there are none. Control characters are escaped.
    public var nameList: String? {
        guard !names.isEmpty else { return nil }
        let shown = names.map { PlainText.escaped($0) }.joined(separator: ", ")
        return total > names.count ? "\(shown) and \(total - names.count) more" : shown
    }
}
