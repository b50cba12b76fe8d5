public import Logging
internal import MCPProtocol

/// The databases of a configuration, by name.
///
/// Nothing is connected when it is made: a database that is down is found out by the first call, and answers again when
/// it is back.
public final class DatabaseRegistry: Sendable {
    /// The databases in the order of the configuration; the first is the default.
    public let databases: [Database]

    /// Makes the databases; does not connect.
    ///
    /// - Parameters:
    ///   - configuration: the whole configuration.
    ///   - logger: where warnings for the operator go.
    ///   - observers: who is told of every call, in this order.
    ///   - desk: makes the approvals of writes.
    public init(
        configuration: AgentConfiguration, logger: Logger, observers: [any GuardObserver] = [],
        desk: ApprovalDesk = ApprovalDesk()
    ) {
        databases = configuration.databases.map {
            Database(configuration: $0, logger: logger, observers: observers, desk: desk)
        }
    }

    /// A database by its name.
    ///
    /// - Parameter name: the configured name; `nil` or empty for the first database.
    /// - Throws: ``QueryFailure`` of the kind `invalidArgument` that names the nearest database and all others.
    public func database(named name: String?) throws(QueryFailure) -> Database {
        guard let first = databases.first else {
            throw .invalidArgument("No database is configured on this server.")
        }
        guard let name, !name.isEmpty else { return first }
        if let database = databases.first(where: { $0.name == name }) { return database }
        let names = databases.map { "\"\(SafeText.cleanLine($0.name))\"" }
        var text = "There is no database \"\(SafeText.cleanLine(name))\"."
        if let near = NearestSpelling.of(name, among: databases.map(\.name)) {
            text += " Did you mean \"\(SafeText.cleanLine(near))\"?"
        }
        throw .invalidArgument(text + " The databases are: " + names.joined(separator: ", ") + ".")
    }

    /// Ends all connections; calls in flight have a short time to finish.
    public func shutdown() async {
        await withTaskGroup(of: Void.self) { group in
            for database in databases { group.addTask { await database.shutdown() } }
        }
    }
}
