/// The limits of a pool.
public struct PGPoolConfiguration: Sendable, Hashable {
    /// The most connections at one time, counting those being opened and being closed. At least 1.
    public var max: Int
    /// Connections that are kept open although nobody needs them.
    public var min: Int
    /// A connection that nobody used for so long is closed, down to ``min``.
    public var idleTimeout: Duration
    /// A connection is replaced when it is so old, give or take ``lifetimeJitter``.
    public var lifetime: Duration
    /// The share of ``lifetime`` by which connections differ, so that they are not all replaced at once: 0 to 1.
    public var lifetimeJitter: Double
    /// How long a caller waits for a connection.
    public var acquireTimeout: Duration
    /// How many callers may wait at one time.
    public var maximumWaiters: Int
    /// After how many failed connects in a row the circuit opens.
    public var breakerThreshold: Int
    /// How long the circuit stays open at first; doubled with each further failure, with jitter.
    public var breakerBackoff: Duration
    /// The longest time that the circuit stays open.
    public var breakerMaximumBackoff: Duration
    /// How long ``PGClient/shutdown()`` waits for connections in use before it closes them.
    public var shutdownGrace: Duration

    /// Makes limits; each has a default.
    /// - Parameters:
    ///   - max: Most connections, 8.
    ///   - min: Fewest connections, 0.
    ///   - idleTimeout: 5 minutes.
    ///   - lifetime: 30 minutes.
    ///   - lifetimeJitter: 0.1.
    ///   - acquireTimeout: 10 seconds.
    ///   - maximumWaiters: 10,000.
    ///   - breakerThreshold: 3 failures.
    ///   - breakerBackoff: 250 milliseconds.
    ///   - breakerMaximumBackoff: 10 seconds.
    ///   - shutdownGrace: 5 seconds.
    public init(
        max: Int = 8, min: Int = 0, idleTimeout: Duration = .seconds(300), lifetime: Duration = .seconds(1800),
        lifetimeJitter: Double = 0.1, acquireTimeout: Duration = .seconds(10), maximumWaiters: Int = 10_000,
        breakerThreshold: Int = 3, breakerBackoff: Duration = .milliseconds(250),
        breakerMaximumBackoff: Duration = .seconds(10), shutdownGrace: Duration = .seconds(5)
    ) {
        self.max = max
        self.min = min
        self.idleTimeout = idleTimeout
        self.lifetime = lifetime
        self.lifetimeJitter = lifetimeJitter
        self.acquireTimeout = acquireTimeout
        self.maximumWaiters = maximumWaiters
        self.breakerThreshold = breakerThreshold
        self.breakerBackoff = breakerBackoff
        self.breakerMaximumBackoff = breakerMaximumBackoff
        self.shutdownGrace = shutdownGrace
    }
}
