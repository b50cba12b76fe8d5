/// Bounds of connections, and how long their clients may take. They keep one client from using up what all share.
public struct NetworkLimits: Sendable, Hashable {
    /// The largest number of connections; a further one is closed at once.
    public var maximumConnections: Int
    /// The largest number of connections of one address. Addresses of this machine and trusted proxies, who stand for many
    /// callers, have only the total bound.
    public var maximumConnectionsPerAddress: Int
    /// Whether ``maximumConnectionsPerAddress`` holds for this machine as well.
    public var boundsLoopback: Bool
    /// How long the TLS handshake may take.
    public var handshakeTimeout: Duration
    /// How long the head of a request may take from its first byte on.
    public var headTimeout: Duration
    /// How long the body of a request may take from its head on, with one second more for each ``bodyBytesPerSecond``.
    public var bodyTimeout: Duration
    /// The slowest that a body may arrive in the long run.
    public var bodyBytesPerSecond: Int
    /// How long a connection may stay open without a request, and a body without a byte.
    public var idleTimeout: Duration
    /// How long a client may take nothing of what is sent to it.
    public var writeTimeout: Duration
    /// The largest number of fields in the head of a request.
    public var maximumHeaderFields: Int
    /// The largest number of bytes in the head of a request.
    public var maximumHeaderBytes: Int
    /// How long a connection without a request is kept when the server ends, for the request that may be on its way.
    public var drainLinger: Duration

    /// The defaults: 4,096 connections, 256 of one address; 10 s for a handshake and for a head, 30 s for a body, 60 s idle,
    /// 30 s for a client that does not read; 128 fields of 32 KiB in a head.
    public init() {
        maximumConnections = 4096
        maximumConnectionsPerAddress = 256
        boundsLoopback = false
        handshakeTimeout = .seconds(10)
        headTimeout = .seconds(10)
        bodyTimeout = .seconds(30)
        bodyBytesPerSecond = 32 << 10
        idleTimeout = .seconds(60)
        writeTimeout = .seconds(30)
        maximumHeaderFields = 128
        maximumHeaderBytes = 32 << 10
        drainLinger = .milliseconds(300)
    }
}
