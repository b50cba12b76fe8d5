internal import Synchronization

/// Keeps one caller from holding all connections of a database (`limits.concurrent_per_token`): more calls than that wait
/// in a line of the caller's own, before they ask the pool.
final class CallerLimiter: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<Bool, any Error>
        /// Ends the wait when it has lasted long enough.
        let timer: Task<Void, Never>
    }

    private struct State {
        var queue: CallerQueue
        var waiters: [CallerQueue.Ticket: Waiter] = [:]
        var nextTicket = 0
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
                        state.waiters[ticket] = Waiter(continuation: continuation, timer: timer(caller, ticket))
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            giveUp(caller, ticket, .failure(CancellationError()))
        }
        guard isIn else {
            throw QueryFailure(
                .tooManyAtOnce,
                "This caller already has \(limit == 1 ? "a query" : "\(limit) queries") running on database "
                    + "\"\(database)\", the most that run at once (limits.concurrent_per_token), and none of them ended "
                    + "within pool.acquire_timeout. Wait for an answer before asking again.")
        }
    }

    private func timer(_ caller: CallerKey, _ ticket: CallerQueue.Ticket) -> Task<Void, Never> {
        Task { [weak self, patience] in
            guard (try? await Task.sleep(for: patience)) != nil else { return }
            self?.giveUp(caller, ticket, .success(false))
        }
    }

    /// Ends the wait of a call, unless it was let in before.
    private func giveUp(_ caller: CallerKey, _ ticket: CallerQueue.Ticket, _ result: Result<Bool, any Error>) {
        let waiter = state.withLock { state in
            state.queue.giveUp(caller, ticket) ? state.waiters.removeValue(forKey: ticket) : nil
        }
        waiter?.timer.cancel()
        waiter?.continuation.resume(with: result)
    }

    private func leave(_ caller: CallerKey) {
        let waiter = state.withLock { state in
            state.queue.leave(caller).flatMap { state.waiters.removeValue(forKey: $0) }
        }
        waiter?.timer.cancel()
        waiter?.continuation.resume(returning: true)
    }
}
