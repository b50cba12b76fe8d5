/// What a pool tells whoever measures it. Methods are called on the thread where the thing happened and must return
/// quickly; none is called while a lock of the pool is held.
public protocol PGPoolObserver: Sendable {
    /// A caller got a connection.
    /// - Parameter wait: How long it waited.
    func connectionAcquired(wait: Duration)
    /// A caller did not get a connection.
    /// - Parameters:
    ///   - wait: How long it waited.
    ///   - error: Why.
    func acquireFailed(wait: Duration, error: PGError)
    /// A connection was opened.
    /// - Parameter duration: How long that took.
    func connectionOpened(duration: Duration)
    /// A connection could not be opened.
    /// - Parameter error: Why.
    func connectFailed(error: PGError)
    /// A connection was closed.
    func connectionClosed()
    /// A connection came back, or was closed by its user.
    /// - Parameter held: How long it was in use.
    func connectionReleased(held: Duration)
    /// A query was cancelled on the server.
    func queryCancelled()
    /// The server sent a notice.
    /// - Parameter notice: Its fields.
    func noticeReceived(_ notice: PGServerError)
}

extension PGPoolObserver {
    /// Does nothing.
    public func connectionAcquired(wait: Duration) {}
    /// Does nothing.
    public func acquireFailed(wait: Duration, error: PGError) {}
    /// Does nothing.
    public func connectionOpened(duration: Duration) {}
    /// Does nothing.
    public func connectFailed(error: PGError) {}
    /// Does nothing.
    public func connectionClosed() {}
    /// Does nothing.
    public func connectionReleased(held: Duration) {}
    /// Does nothing.
    public func queryCancelled() {}
    /// Does nothing.
    public func noticeReceived(_ notice: PGServerError) {}
}

/// A pool at one moment.
public struct PGPoolStatus: Sendable, Hashable {
    /// Connections in use.
    public var inUse: Int
    /// Connections that wait for use.
    public var idle: Int
    /// Connections being opened.
    public var opening: Int
    /// Callers that wait.
    public var waiting: Int
    /// Whether the last connects failed, so that callers are turned away for a while.
    public var circuitOpen: Bool
    /// Why the last connect failed, without secrets; nil after one succeeded.
    public var lastConnectError: String?
}
