import Synchronization

/// Does what is due a fixed time after it was asked for: one task for all that wait, since a timer of its own costs a request
/// that is answered at once more than reading its body does. Nothing can be taken back; what is done late has to look whether
/// it still matters.
final class LateWork: Sendable {
    private struct State {
        /// In the order in which they are due.
        var waiting: [(due: ContinuousClock.Instant, work: @Sendable () -> Void)] = []
        /// Whether the task runs.
        var isRunning = false
    }

    private let delay: Duration
    private let step: Duration
    private let state = Mutex(State())

    /// - Parameter delay: When something is due. It is done up to half of that later, and a second at most.
    init(delay: Duration) {
        self.delay = delay
        step = min(delay / 2, .seconds(1))
    }

    /// Asks for something.
    func add(_ work: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            state.waiting.append((ContinuousClock.now + delay, work))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts { Task { await run() } }
    }

    /// Runs while something waits.
    private func run() async {
        while true {
            // A task that was cancelled would spin; this one is never.
            try? await Task.sleep(for: step)
            let now = ContinuousClock.now
            let (due, isDone) = state.withLock { state in
                let count = state.waiting.firstIndex { $0.due > now } ?? state.waiting.count
                let due = state.waiting.prefix(count).map(\.work)
                state.waiting.removeFirst(count)
                if state.waiting.isEmpty { state.isRunning = false }
                return (due, state.waiting.isEmpty)
            }
            for work in due { work() }
            if isDone { return }
        }
    }
}
