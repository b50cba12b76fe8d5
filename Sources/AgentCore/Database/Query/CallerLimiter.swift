internal import Synchronization

/// Keeps one caller from holding all connections of a database (`limits.concurrent_per_token`): more calls than that wait
/// in a line of the caller's own, before they ask the pool.
final class CallerLimiter: Sendable {
    private struct Waiter {
        let caller: CallerKey
        let continuation: CheckedContinuation<Bool, any Error>
        /// When the wait has lasted long enough.
        let deadline: ContinuousClock.Instant
    }

    private struct State {
        var queue: CallerQueue
        var waiters: [CallerQueue.Ticket: Waiter] = [:]
        var nextTicket = 0
        /// Ends waits that have lasted too long: one task for all, while there are any. A task and a timer for each cost more
        /// than most waits last.
        var patrol: Task<Void, Never>?
    }

    private let database: String
    private let limit: Int
    private let patience: Duration
    private let state: Mutex<State>

    init(_ configuration: DatabaseConfiguration) {
        database = configuration.name
        limit = Self.effectiveLimit(configuration)
        patience = configuration.pool.acquireTimeout
        state = Mutex(State(queue: CallerQueue(limit: limit)))
    }

    deinit { state.withLock { $0.patrol?.cancel() } }

    /// The configured limit, or one less than there are connections: the last one is for somebody else.
    static func effectiveLimit(_ configuration: DatabaseConfiguration) -> Int {
        min(configuration.limits.concurrentPerToken, max(1, configuration.pool.max - 1))
    }

    /// Runs `body` when the caller of this task has room for it.
    ///
    /// - Throws: ``QueryFailure`` of the kind `tooManyAtOnce` when there was none within `pool.acquire_timeout`; what
    ///   `body` throws.
    func run<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard let caller = CallerKey.current else { return try await body() }
        try await enter(caller)
        defer { leave(caller) }
        return try await body()
    }

    private func enter(_ caller: CallerKey) async throws {
        try Task.checkCancellation()
        let (ticket, isAdmitted) = state.withLock { state in
            state.nextTicket += 1
            // Nearly always there is room, and nothing to wait for.
            let isAdmitted = state.queue.hasRoom(caller) && state.queue.enter(caller, state.nextTicket) == .runs
            return (state.nextTicket, isAdmitted)
        }
        if isAdmitted { return }
        let isIn = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Bool, any Error>? = state.withLock { state in
                    // A cancellation before this lock found nobody to tell.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    switch state.queue.enter(caller, ticket) {
                    case .runs: return .success(true)
                    case .refused: return .success(false)
                    case .waits:
                        let deadline = ContinuousClock.now + patience
                        state.waiters[ticket] = Waiter(caller: caller, continuation: continuation, deadline: deadline)
                        if state.patrol == nil { state.patrol = patrol(from: deadline) }
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            giveUp(caller, ticket)
        }
        guard isIn else {
            throw QueryFailure(
                .tooManyAtOnce,
                "This caller already has \(limit == 1 ? "a query" : "\(limit) queries") running on database "
                    + "\"\(database)\", the most that run at once (limits.concurrent_per_token), and none of them ended "
                    + "within pool.acquire_timeout. Wait for an answer before asking again.")
        }
    }

    private func patrol(from deadline: ContinuousClock.Instant) -> Task<Void, Never> {
        Task { [weak self] in
            var next: ContinuousClock.Instant? = deadline
            while let deadline = next {
                guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
                next = self?.endOverdue()
            }
        }
    }

    /// Ends the waits whose time is over.
    ///
    /// - Returns: When the next one's is; nil when nobody waits any more, and the patrol ends.
    private func endOverdue() -> ContinuousClock.Instant? {
        let (overdue, next) = state.withLock { state in
            let now = ContinuousClock.now
            var overdue: [Waiter] = []
            for (ticket, waiter) in state.waiters where waiter.deadline <= now {
                guard state.queue.giveUp(waiter.caller, ticket) else { continue }
                state.waiters[ticket] = nil
                overdue.append(waiter)
            }
            let next = state.waiters.values.map(\.deadline).min()
            if next == nil { state.patrol = nil }
            return (overdue, next)
        }
        for waiter in overdue { waiter.continuation.resume(returning: false) }
        return next
    }

    /// Ends the wait of a call that was cancelled, unless it was let in before.
    private func giveUp(_ caller: CallerKey, _ ticket: CallerQueue.Ticket) {
        let waiter = state.withLock { state in
            state.queue.giveUp(caller, ticket) ? state.waiters.removeValue(forKey: ticket) : nil
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    private func leave(_ caller: CallerKey) {
        let waiter = state.withLock { state in
            state.queue.leave(caller).flatMap { state.waiters.removeValue(forKey: $0) }
        }
        waiter?.continuation.resume(returning: true)
    }
}
