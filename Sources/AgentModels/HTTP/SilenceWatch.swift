import Synchronization

/// Notices when a service is silent for too long. Only the time counts in which something is waited for: who takes an answer
/// slowly does not make the service slow.
final class SilenceWatch: Sendable {
    private let limit: Duration
    private let waitingSince = Mutex<ContinuousClock.Instant?>(nil)

    init(limit: Duration) { self.limit = limit }

    /// From now on something is waited for.
    func begin() { waitingSince.withLock { $0 = .now } }

    /// It came.
    func end() { waitingSince.withLock { $0 = nil } }

    /// Returns when the silence is too long, or when its task is cancelled.
    ///
    /// - Returns: Whether it is too long.
    func run() async -> Bool {
        while true {
            let since = waitingSince.withLock { $0 }
            let now = ContinuousClock.now
            let end = (since ?? now) + limit
            if since != nil, end <= now { return true }
            do { try await Task.sleep(until: end, clock: .continuous) } catch { return false }
        }
    }
}
