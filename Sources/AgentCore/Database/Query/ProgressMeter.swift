internal import Synchronization

/// How much of a query's answer has arrived, written by its reader and read by whoever reports progress.
final class ProgressMeter: Sendable {
    private let arrived = Mutex<(rows: Int, bytes: Int)>((0, 0))
    private let start = ContinuousClock.now

    /// Notes what has arrived so far.
    func note(rows: Int, bytes: Int) { arrived.withLock { $0 = (rows, bytes) } }

    /// Where the query is now.
    var progress: QueryProgress {
        let (rows, bytes) = arrived.withLock { $0 }
        return QueryProgress(rows: rows, bytes: bytes, elapsed: ContinuousClock.now - start)
    }
}
