import Synchronization

/// A few threads for libpq's blocking calls: connecting (names, password files, GSS) and `PQcancel`.
///
/// Threads start when there is work and end when there is none. Each pool has some for its connects and some for its
/// cancellations, so that connects which hang hold up no cancellation, and neither of them another database.
final class BlockingPool: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var running = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(threads: Int) { limit = threads }

    /// Runs `job` on one of the threads, after the jobs that came before; on the caller's when no thread can be had.
    func run(_ job: @escaping @Sendable () -> Void) {
        let startsThread = state.withLock { state in
            state.jobs.append(job)
            guard state.running < limit else { return false }
            state.running += 1
            return true
        }
        guard startsThread else { return }
        if !SystemThread.start({ [self] in work() }) { work() }
    }

    private func work() {
        while true {
            let job: (@Sendable () -> Void)? = state.withLock { state in
                guard !state.jobs.isEmpty else {
                    state.running -= 1
                    return nil
                }
                return state.jobs.removeFirst()
            }
            guard let job else { return }
            job()
        }
    }

    /// Runs `job` on one of the threads and waits for what it returns.
    func run<R: Sendable>(_ job: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            run { continuation.resume(returning: job()) }
        }
    }
}
