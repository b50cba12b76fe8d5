/// What a connection does, decided without libpq: which step a result belongs to, when a call is over, when a
/// cancellation is over, and whether the connection can be used again.
struct ConnectionStateMachine: Sendable {
    enum Step: Sendable, Hashable {
        case statement
        case sync
    }

    /// What libpq returned.
    enum Outcome: Sendable, Hashable {
        /// Some rows, more to come.
        case rows
        /// The end of a statement that returns rows.
        case rowsComplete
        /// The end of a statement that returns none.
        case commandComplete
        /// An error of the server.
        case failed
        /// Skipped because of an earlier error.
        case aborted
        /// The answer to a sync.
        case synced
        /// No more results of this statement.
        case terminator
        /// COPY, which cannot be done in a pipeline.
        case copy
    }

    enum Action: Sendable, Hashable {
        /// It is about this step.
        case deliver(step: Int)
        /// Nothing to tell; row mode must be asked for when `setRowMode`.
        case advance(setRowMode: Bool)
        /// The sync of this step; the call is over when `isLast`.
        case synced(step: Int, isLast: Bool, setRowMode: Bool)
        /// What should not happen: close.
        case violation
    }

    enum CancelAction: Sendable, Hashable {
        case send
        case close
        case none
    }

    private enum Phase: Sendable, Hashable {
        case idle
        case busy(steps: [Step], index: Int)
        case closed
    }

    private var phase = Phase.idle
    /// Requests on their way. Until they have returned they could hit the next statement.
    private var cancelsOutstanding = 0
    private var cancelAttempts = 0
    /// Told apart so that a late timer of an earlier cancellation does nothing.
    private(set) var generation = 0
    private(set) var isCancelling = false

    /// When requests are sent again after the first, and when the connection is given up: one request in 19 was lost
    /// in measurements.
    static let resendDelays: [Duration] = [.milliseconds(250), .seconds(1)]
    static let giveUpDelay: Duration = .seconds(2)

    var isClosed: Bool { phase == .closed }
    var isBusy: Bool { if case .busy = phase { true } else { false } }
    /// Whether results of the call are outstanding.
    var expectsResult: Bool { isBusy }
    /// Whether nothing of an earlier call or cancellation can touch the next one.
    var isSettled: Bool { !isBusy && (cancelsOutstanding == 0 || isClosed) }

    /// Begins a call; false when an earlier one is not over.
    mutating func start(_ steps: [Step]) -> Bool {
        guard phase == .idle, cancelsOutstanding == 0, steps.last == .sync else { return false }
        phase = .busy(steps: steps, index: 0)
        generation += 1
        isCancelling = false
        cancelAttempts = 0
        return true
    }

    /// Whether row mode must be asked for right after sending.
    var startsWithStatement: Bool {
        if case .busy(let steps, 0) = phase { steps[0] == .statement } else { false }
    }

    mutating func received(_ outcome: Outcome) -> Action {
        guard case .busy(let steps, let index) = phase, index < steps.count else { return .violation }
        switch (outcome, steps[index]) {
        case (.rows, .statement), (.rowsComplete, .statement), (.commandComplete, .statement), (.failed, .statement),
            (.aborted, .statement):
            return .deliver(step: index)
        case (.terminator, .statement):
            phase = .busy(steps: steps, index: index + 1)
            return .advance(setRowMode: steps[index + 1] == .statement)
        case (.synced, .sync):
            let isLast = index + 1 == steps.count
            if isLast {
                phase = .idle
                return .synced(step: index, isLast: true, setRowMode: false)
            }
            phase = .busy(steps: steps, index: index + 1)
            return .synced(step: index, isLast: false, setRowMode: steps[index + 1] == .statement)
        case (.failed, .sync):
            // An error outside any statement, such as the message that ends a session.
            return .deliver(step: index)
        default:
            return .violation
        }
    }

    /// Someone wants the call cancelled.
    mutating func requestCancel() -> CancelAction {
        guard isBusy, !isCancelling else { return .none }
        isCancelling = true
        cancelAttempts = 1
        cancelsOutstanding += 1
        return .send
    }

    /// A request has returned.
    mutating func cancelReturned() { cancelsOutstanding -= 1 }

    /// A delay after the first request is over.
    mutating func cancelTimer(generation: Int, isLast: Bool) -> CancelAction {
        guard generation == self.generation, isCancelling, !isClosed else { return .none }
        // Either the statement does not end, or a request does not return.
        if isLast { return isBusy || cancelsOutstanding > 0 ? .close : .none }
        guard isBusy else { return .none }
        cancelAttempts += 1
        cancelsOutstanding += 1
        return .send
    }

    mutating func close() { phase = .closed }
}
