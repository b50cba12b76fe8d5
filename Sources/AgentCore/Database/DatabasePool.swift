internal import PGConnector
internal import Synchronization

/// The connections to a database at one moment, and what became of them so far: for metrics and readiness.
public struct DatabasePool: Sendable, Hashable {
    /// Connections in use.
    public var inUse = 0
    /// Connections that wait for use.
    public var idle = 0
    /// Connections that are being opened.
    public var opening = 0
    /// The most connections that there may be (`pool.max`).
    public var maximum = 0
    /// Calls that wait for a connection.
    public var waiting = 0
    /// Whether the last attempts to connect failed, so that calls are turned away for a while.
    public var isCircuitOpen = false
    /// Why the last attempt to connect failed, without secrets; nil after one that succeeded and before the first.
    public var lastConnectError: String?

    /// How often a call got a connection.
    public var acquisitions = 0
    /// How long calls waited for a connection, all together.
    public var waited: Duration = .zero
    /// How often a call got none, by the reason: `acquireTimeout`, `poolFull`, `circuitOpen`, `connectionFailed` and so on.
    public var acquireFailures: [String: Int] = [:]
    /// How often a connection was opened.
    public var opened = 0
    /// How often a connection could not be opened.
    public var openFailures = 0
    /// How often a connection was closed.
    public var closed = 0
    /// How often a query was cancelled on the server.
    public var cancelledQueries = 0

    /// An empty pool.
    public init() {}
}

/// Counts what happens to the connections of one database.
final class PoolCounts: PGPoolObserver {
    private let counts = Mutex(DatabasePool())

    func connectionAcquired(wait: Duration) {
        counts.withLock {
            $0.acquisitions += 1
            $0.waited += wait
        }
    }

    func acquireFailed(wait: Duration, error: PGError) {
        counts.withLock {
            $0.waited += wait
            $0.acquireFailures[error.code.description, default: 0] += 1
        }
    }

    func connectionOpened(duration: Duration) { counts.withLock { $0.opened += 1 } }

    func connectFailed(error: PGError) { counts.withLock { $0.openFailures += 1 } }

    func connectionClosed() { counts.withLock { $0.closed += 1 } }

    func queryCancelled() { counts.withLock { $0.cancelledQueries += 1 } }

    /// What was counted, with the pool as it is now.
    func pool(_ status: PGPoolStatus, maximum: Int) -> DatabasePool {
        var pool = counts.withLock { $0 }
        pool.inUse = status.inUse
        pool.idle = status.idle
        pool.opening = status.opening
        pool.maximum = maximum
        pool.waiting = status.waiting
        pool.isCircuitOpen = status.circuitOpen
        pool.lastConnectError = status.lastConnectError
        return pool
    }
}

extension Database {
    /// The connections to the database. Asks nobody and waits for nothing.
    public var pool: DatabasePool { poolCounts.pool(client.poolStatus, maximum: configuration.pool.max) }
}
