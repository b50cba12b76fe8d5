/// One database, as the configuration describes it.
public struct DatabaseConfiguration: Sendable, Equatable {
    /// What callers call it (`name`).
    public var name: String
    /// The server, a name, an address or the folder of a socket (`host`).
    public var host: String?
    /// The server's port (`port`).
    public var port: Int?
    /// Several servers to try in turn (`hosts`); empty when ``host`` says it.
    public var hosts: [HostAddress] = []
    /// An entry of the connection service file (`service`).
    public var service: String?
    /// A `postgresql://` URL (`url`), without its password, which is in ``password``.
    public var url: ConnectionURL?
    /// The name of the database on the server (`database`).
    public var database: String?
    /// The role to connect as (`user`).
    public var user: String?
    /// The password (`password`, `_file`, `_command`, or in the URL).
    public var password: Secret?
    /// How TLS is used (`sslmode`); `nil`: as `PGSSLMODE` or libpq says.
    public var sslmode: SSLMode?
    /// The certificates that a server's is checked against (`sslrootcert`): an absolute path, or `system`.
    public var sslrootcert: String?
    /// The client's certificate (`sslcert`), as an absolute path.
    public var sslcert: String?
    /// The client's private key (`sslkey`), as an absolute path.
    public var sslkey: String?
    /// Which kind of server is wanted among several (`target_session_attrs`); `nil`: as `PGTARGETSESSIONATTRS` says.
    public var targetSessionAttrs: TargetSessionAttributes?
    /// Whether statements that write may be run at all (`allow_writes`). Dangerous.
    public var allowWrites = false
    /// Who confirms a write (`write_confirmation`).
    public var writeConfirmation: WriteConfirmation = .required
    /// What stands between here and the server (`pooler`).
    public var pooler: Pooler = .none
    /// The role that statements run as (`run_as_role`).
    public var runAsRole: String?
    /// Whether a connection with more rights than reading needs is refused (`require_least_privilege`).
    public var requireLeastPrivilege = false
    /// Functions that the guard lets through although it would refuse them (`allow_functions`).
    public var allowFunctions: [String] = []
    /// Relations that the guard lets through although it would refuse them (`allow_relations`).
    public var allowRelations: [String] = []
    /// Settings that the guard lets through although it would refuse them (`allow_settings`).
    public var allowSettings: [String] = []
    /// Which schemas are shown (`schemas`).
    public var schemas = SchemaFilter()
    /// Who may use it (`users`); empty: everyone with a token for it.
    public var users: [String] = []
    /// How many connections, and for how long (`pool`).
    public var pool = PoolLimits()
    /// How large and how long a query may be (`limits`).
    public var limits = QueryLimits()

    /// Describes a database whose connection is left to libpq's own defaults.
    ///
    /// - Parameter name: What callers call it.
    public init(name: String) {
        self.name = name
    }
}

/// A server and its port.
public struct HostAddress: Sendable, Hashable {
    /// A name, an address or the folder of a socket.
    public var host: String
    /// The port; `nil`: the entry's ``DatabaseConfiguration/port``, else libpq's default.
    public var port: Int?

    /// Makes an address.
    ///
    /// - Parameters:
    ///   - host: A name, an address or the folder of a socket.
    ///   - port: The port, or `nil` for the default.
    public init(host: String, port: Int? = nil) {
        self.host = host
        self.port = port
    }
}

/// libpq's `sslmode`.
public enum SSLMode: String, Sendable, Hashable, CaseIterable {
    case disable, allow, prefer, require
    case verifyCA = "verify-ca"
    case verifyFull = "verify-full"
}

/// libpq's `target_session_attrs`.
public enum TargetSessionAttributes: String, Sendable, Hashable, CaseIterable {
    case any
    case readWrite = "read-write"
    case readOnly = "read-only"
    case primary, standby
    case preferStandby = "prefer-standby"
}

/// Who confirms a statement that writes.
public enum WriteConfirmation: String, Sendable, Hashable, CaseIterable {
    /// A person, asked by the server.
    case required
    /// The client, which says that it asked.
    case client
}

/// What stands between the agent and the server.
public enum Pooler: String, Sendable, Hashable, CaseIterable {
    /// Nothing, or a pooler in session mode.
    case none
    /// A pooler that gives each transaction another connection, such as PgBouncer in transaction mode.
    case transaction
}

/// Which schemas are shown.
public struct SchemaFilter: Sendable, Hashable {
    /// Only these; empty: all.
    public var include: [String]
    /// But not these.
    public var exclude: [String]

    /// Makes a filter.
    ///
    /// - Parameters:
    ///   - include: Only these; empty for all.
    ///   - exclude: But not these.
    public init(include: [String] = [], exclude: [String] = []) {
        self.include = include
        self.exclude = exclude
    }
}

/// How many connections, and for how long.
public struct PoolLimits: Sendable, Hashable {
    /// The most connections at once.
    public var max = 4
    /// How many are kept when idle.
    public var min = 0
    /// After how long an idle connection is closed.
    public var idle: Duration = .seconds(600)
    /// After how long any connection is replaced.
    public var lifetime: Duration = .seconds(3600)
    /// How long a query waits for a connection.
    public var acquireTimeout: Duration = .seconds(5)

    /// The defaults.
    public init() {}
}

/// How large and how long a query may be.
public struct QueryLimits: Sendable, Hashable {
    /// The most rows of one answer.
    public var rows = 1000
    /// The most bytes of one answer.
    public var bytes = 1_048_576
    /// The most bytes of one row as it arrives.
    public var rowBytes = 16_777_216
    /// The most bytes of one cell in the answer; longer ones are cut, and said to be.
    public var cellBytes = 32_768
    /// How long a statement may run.
    public var statementTimeout: Duration = .seconds(30)
    /// How long a statement may wait for a lock.
    public var lockTimeout: Duration = .seconds(2)
    /// How many queries of one token run at once.
    public var concurrentPerToken = 2

    /// The defaults.
    public init() {}
}
