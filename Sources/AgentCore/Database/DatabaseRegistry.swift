public import Logging
internal import MCPProtocol
internal import Synchronization

/// The databases of a configuration, by name.
///
/// Nothing is connected when it is made: a database that is down is found out by the first call, and answers again when
/// it is back.
public final class DatabaseRegistry: Sendable {
    private let current: Mutex<[Database]>
    private let make: @Sendable (DatabaseConfiguration) -> Database

    /// The databases in the order of the configuration; the first is the default. They change when a configuration is
    /// reloaded: take them once for each call.
    public var databases: [Database] { current.withLock { $0 } }

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
        make = { Database(configuration: $0, logger: logger, observers: observers, desk: desk) }
        current = Mutex(configuration.databases.map(make))
    }

    /// Takes over other databases.
    ///
    /// One whose configuration is the same stays, with its connections. One that changed is made anew. The ones of before are
    /// let go: calls that have them finish as if nothing had happened, and with the last of them their connections are closed.
    ///
    /// - Parameter configurations: The databases from now on.
    /// - Returns: What is different.
    func replace(_ configurations: [DatabaseConfiguration]) -> DatabaseChanges {
        let (old, new) = current.withLock { databases in
            let old = databases
            databases = configurations.map { configuration in
                old.first { $0.configuration == configuration } ?? make(configuration)
            }
            return (old, databases)
        }
        return DatabaseChanges(from: old, to: new)
    }

    /// A database by its name.
    ///
    /// - Parameter name: the configured name; `nil` or empty for the first database.
    /// - Throws: ``QueryFailure`` of the kind `invalidArgument` that names the nearest database and all others.
    public func database(named name: String?) throws(QueryFailure) -> Database {
        let databases = databases
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
