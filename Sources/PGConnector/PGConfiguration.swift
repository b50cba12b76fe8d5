/// How to reach a server, and how to treat its connections.
public struct PGConfiguration: Sendable {
    /// libpq's keywords: `host`, `port`, `dbname`, `user`, `password`, `sslmode`, `service`, `target_session_attrs`, …
    ///
    /// What is absent libpq takes from its own sources: `PG*` variables, the password file, service files, defaults.
    /// A `dbname` that starts with `postgres://` or `postgresql://` is read as a connection URI.
    public var parameters: [String: String]
    /// How long one host may take to answer, in whole seconds of at least 2 (libpq's rule); sent as `connect_timeout`
    /// unless ``parameters`` has one.
    public var connectTimeout: Duration
    /// How many connections, and how long each lives.
    public var pool: PGPoolConfiguration
    /// The most bytes that one row may have, counted while it is still arriving (libpq holds a row whole). A larger
    /// one closes the connection and throws ``PGError/Code/rowTooLarge``.
    public var maximumRowBytes: Int
    /// How many bytes of rows may wait for a slow reader before reading from the server stops.
    public var streamBufferBytes: Int
    /// A connection that carried a row larger than this is closed when it comes back, since libpq never shrinks its
    /// buffer.
    public var retireAfterRowBytes: Int
    /// Statements that run once on each new connection, before its first use. Leave empty behind a pooler in
    /// transaction mode: they would reach other clients.
    public var sessionSetup: [String]
    /// Asked for the password at each connect, and once more when the server refused it (SQLSTATE 28P01), so that a
    /// rotated password needs no restart. nil, or an answer of nil, leaves the password to libpq's own sources.
    public var passwordProvider: (@Sendable () async throws -> String?)?

    /// Makes a configuration.
    /// - Parameters:
    ///   - parameters: libpq's keywords and values.
    ///   - connectTimeout: For one host; 10 seconds unless said.
    ///   - pool: Limits of the pool.
    ///   - maximumRowBytes: 64 MiB unless said.
    ///   - streamBufferBytes: 256 KiB unless said.
    ///   - retireAfterRowBytes: 1 MiB unless said.
    ///   - sessionSetup: Statements for each new connection.
    ///   - passwordProvider: Where the password comes from.
    public init(
        parameters: [String: String] = [:], connectTimeout: Duration = .seconds(10),
        pool: PGPoolConfiguration = PGPoolConfiguration(), maximumRowBytes: Int = 64 << 20,
        streamBufferBytes: Int = 256 << 10, retireAfterRowBytes: Int = 1 << 20, sessionSetup: [String] = [],
        passwordProvider: (@Sendable () async throws -> String?)? = nil
    ) {
        self.parameters = parameters
        self.connectTimeout = connectTimeout
        self.pool = pool
        self.maximumRowBytes = maximumRowBytes
        self.streamBufferBytes = streamBufferBytes
        self.retireAfterRowBytes = retireAfterRowBytes
        self.sessionSetup = sessionSetup
        self.passwordProvider = passwordProvider
    }
}
