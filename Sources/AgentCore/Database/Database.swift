public import Logging
internal import PGConnector
internal import SQLClassifier

/// One configured database, and the only door to it: everything that runs passes the guard here.
public final class Database: Sendable {
    /// How the database is configured.
    public let configuration: DatabaseConfiguration
    let client: PGClient
    let poolCounts = PoolCounts()
    let gate: Guard
    let runner: QueryRunner
    let policy: PolicyCatalogCache
    let types = TypeNames()
    let logger: Logger
    /// Who is told of every call, in this order.
    let observers: [any GuardObserver]
    /// Makes the approvals of writes, and sees to it that each is used once.
    let desk: ApprovalDesk

    /// What callers call it.
    public var name: String { configuration.name }

    /// Makes the database; does not connect.
    ///
    /// - Parameters:
    ///   - configuration: the database's part of the configuration.
    ///   - logger: where warnings for the operator go.
    ///   - observers: who is told of every call, in this order.
    ///   - desk: makes the approvals of writes; databases of one program share one.
    public init(
        configuration: DatabaseConfiguration, logger: Logger, observers: [any GuardObserver] = [],
        desk: ApprovalDesk = ApprovalDesk()
    ) {
        self.configuration = configuration
        self.logger = logger
        self.observers = observers
        self.desk = desk
        client = PGClient(configuration: PGConfiguration(configuration), observer: poolCounts)
        gate = Guard(configuration)
        runner = QueryRunner(client: client, configuration: configuration, logger: logger)
        policy = PolicyCatalogCache(
            runner: runner, allowedFunctions: AllowedFunctions(configuration.allowFunctions),
            allowedRelations: configuration.allowRelations, allowedSettings: configuration.allowSettings)
    }

    /// Ends all connections; calls in flight have a short time to finish.
    public func shutdown() async { await client.shutdown() }

    /// The tables and what belongs to them.
    public var catalog: SchemaCatalog { SchemaCatalog(database: self) }
}
