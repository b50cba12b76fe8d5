import Synchronization

/// Does what ``PoolStateMachine`` decides.
final class PGPool: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A connection in use.
    struct Lease: Sendable {
        let id: PoolStateMachine.ConnectionID
        let session: PGSession
        let since: Instant
    }

    private enum Answer: Sendable {
        case lease(Lease)
        case failure(PGError)
    }

    /// A caller, from its request to its answer.
    private enum Waiting: Sendable {
        case pending
        case suspended(CheckedContinuation<Answer, Never>)
        case answered(Answer)
    }

    private struct State: Sendable {
        var machine: PoolStateMachine
        var sessions: [PoolStateMachine.ConnectionID: PGSession] = [:]
        var waiters: [PoolStateMachine.WaiterID: Waiting] = [:]
        var nextWaiter = 1
        var timer: (id: UInt64, instant: Instant)?
        var loop: PGEventLoop?
        var lastError: PGError?
        var isShutDown = false
        var drained: [CheckedContinuation<Void, Never>] = []
        var isDrained = false
    }

    private let configuration: PGConfiguration
    private let observer: (any PGPoolObserver)?
    /// Its own, so that a server which does not answer holds up nobody else's connects.
    private let connects = BlockingPool(threads: 4)
    private let cancels = BlockingPool(threads: 4)
    private let state: Mutex<State>

    init(configuration: PGConfiguration, observer: (any PGPoolObserver)?) {
        self.configuration = configuration
        self.observer = observer
        state = Mutex(
            State(machine: PoolStateMachine(limits: configuration.pool) { Double.random(in: 0...1) }))
    }

    var status: PGPoolStatus { state.withLock { $0.machine.status(now: .now) } }

    // MARK: Lending

    /// A connection that is idle and alive.
    func acquire() async throws -> Lease {
        if Task.isCancelled { throw PGError(.cancelled, "The query was cancelled before it had a connection.") }
        let start = Instant.now
        do {
            try startLoop()
        } catch {
            observer?.acquireFailed(wait: .zero, error: error)
            throw error
        }
        let waiter = decide { state in
            let waiter = state.nextWaiter
            state.nextWaiter += 1
            state.waiters[waiter] = .pending
            return (waiter, state.machine.acquire(waiter, now: start))
        }
        let answer: Answer
        // Usually a connection was idle, and nobody has to wait.
        if let ready = takeAnswer(waiter) {
            answer = ready
        } else {
            answer = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let ready: Answer? = state.withLock { state in
                        if case .answered(let answer) = state.waiters[waiter] {
                            state.waiters[waiter] = nil
                            return answer
                        }
                        state.waiters[waiter] = .suspended(continuation)
                        return nil
                    }
                    if let ready { continuation.resume(returning: ready) }
                }
            } onCancel: {
                cancel(waiter)
            }
        }
        switch answer {
        case .lease(let lease):
            if Task.isCancelled {
                release(lease)
                throw PGError(.cancelled, "The query was cancelled before it had a connection.")
            }
            observer?.connectionAcquired(wait: start.duration(to: .now))
            return lease
        case .failure(let error):
            observer?.acquireFailed(wait: start.duration(to: .now), error: error)
            throw error
        }
    }

    private func takeAnswer(_ waiter: PoolStateMachine.WaiterID) -> Answer? {
        state.withLock { state in
            guard case .answered(let answer) = state.waiters[waiter] else { return nil }
            state.waiters[waiter] = nil
            return answer
        }
    }

    private func cancel(_ waiter: PoolStateMachine.WaiterID) {
        decide { state in ((), state.machine.cancel(waiter, now: .now)) }
        deliver(.failure(PGError(.cancelled, "The query was cancelled while it waited for a connection.")), to: waiter)
    }

    /// Takes a connection back, once what ran on it is over.
    func release(_ lease: Lease) {
        // What still runs has no reader any more.
        lease.session.cancelUnread()
        lease.session.whenSettled { [self] in
            let isClean = lease.session.isReusable()
            observer?.connectionReleased(held: lease.since.duration(to: .now))
            decide { state in ((), state.machine.released(lease.id, isClean: isClean, now: .now)) }
        }
    }

    // MARK: Acting

    /// Asks the machine, then does what it says, outside the lock.
    @discardableResult
    private func decide<R: Sendable>(
        _ body: (inout State) -> (R, [PoolStateMachine.Action])
    ) -> R {
        let (result, actions) = state.withLock { body(&$0) }
        for action in actions { perform(action) }
        // A new waiter's deadline may come before whatever the timer is set for.
        let needsTimer = state.withLock { state in
            guard let timer = state.timer else { return true }
            return state.machine.nextDeadline.map { $0 < timer.instant } ?? false
        }
        if needsTimer { schedule() }
        return result
    }

    private func perform(_ action: PoolStateMachine.Action) {
        switch action {
        case .open(let id): open(id)
        case .lease(let id, let waiter): lease(id, to: waiter)
        case .close(let id): close(id)
        case .fail(let waiter, let refusal): deliver(.failure(error(refusal)), to: waiter)
        case .drained:
            let waiting = state.withLock { state in
                let waiting = state.drained
                state.drained = []
                state.isDrained = true
                return waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    private func lease(_ id: PoolStateMachine.ConnectionID, to waiter: PoolStateMachine.WaiterID) {
        guard let session = state.withLock({ $0.sessions[id] }), session.isReusable() else {
            decide { state in ((), state.machine.leaseRefused(id, to: waiter, now: .now)) }
            return
        }
        let lease = Lease(id: id, session: session, since: .now)
        if !deliver(.lease(lease), to: waiter) { release(lease) }
    }

    /// Answers a caller; false when it is gone.
    @discardableResult
    private func deliver(_ answer: Answer, to waiter: PoolStateMachine.WaiterID) -> Bool {
        let (isThere, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Answer, Never>?) in
            switch state.waiters[waiter] {
            case .pending:
                state.waiters[waiter] = .answered(answer)
                return (true, nil)
            case .suspended(let continuation):
                state.waiters[waiter] = nil
                return (true, continuation)
            case .answered, nil: return (false, nil)
            }
        }
        continuation?.resume(returning: answer)
        return isThere
    }

    private func error(_ refusal: PoolStateMachine.Refusal) -> PGError {
        let last = state.withLock { $0.lastError }
        return switch refusal {
        case .timeout:
            PGError(
                .acquireTimeout,
                "No database connection became free within \(configuration.pool.acquireTimeout)."
                    + (last.map { " The last attempt to connect: \($0.description)" } ?? ""), detail: last?.detail)
        case .tooManyWaiters:
            PGError(.poolFull, "Too many callers wait for a database connection.")
        case .shutdown: PGError(.shutdown, "The database client is shut down.")
        case .circuitOpen(let text):
            PGError(.circuitOpen, text + " It will be tried again shortly.", server: last?.server, detail: last?.detail)
        case .connectFailed(let text):
            last ?? PGError(.connectionFailed, text)
        }
    }

    private func open(_ id: PoolStateMachine.ConnectionID) {
        guard let loop = state.withLock({ $0.loop }) else { return }
        let connecting = Connecting(
            configuration: configuration, loop: loop, observer: observer, threads: connects, cancels: cancels)
        Task { [self] in
            let start = Instant.now
            switch await connecting.connect() {
            case .success(let session):
                observer?.connectionOpened(duration: start.duration(to: .now))
                decide { state in
                    state.sessions[id] = session
                    state.lastError = nil
                    return ((), state.machine.opened(id, now: .now))
                }
            case .failure(let failure):
                observer?.connectFailed(error: failure.error)
                decide { state in
                    state.lastError = failure.error
                    return (
                        (),
                        state.machine.openFailed(
                            id, failure.error.description, keepsWaiters: failure.kind == .startingUp, now: .now)
                    )
                }
            }
        }
    }

    private func close(_ id: PoolStateMachine.ConnectionID) {
        let session = state.withLock { $0.sessions.removeValue(forKey: id) }
        session?.close(PGError(.shutdown, "The connection is closed."))
        if session != nil { observer?.connectionClosed() }
        decide { state in ((), state.machine.closed(id, now: .now)) }
    }

    // MARK: Time

    private func startLoop() throws(PGError) {
        if state.withLock({ $0.loop != nil || $0.isShutDown }) { return }
        let loop = try PGEventLoop.shared()
        let isUsed = state.withLock { state in
            if state.loop != nil || state.isShutDown { return false }
            state.loop = loop
            return true
        }
        if !isUsed { loop.release() }
    }

    /// Makes the loop call when the machine next has something to do.
    private func schedule() {
        state.withLock { state in
            guard let loop = state.loop, let deadline = state.machine.nextDeadline else { return }
            if let timer = state.timer {
                // An early call does no harm; it schedules the next.
                if timer.instant <= deadline { return }
                loop.cancelTimer(timer.id)
            }
            let id = loop.schedule(at: deadline) { [weak self] in self?.tick() }
            state.timer = (id, deadline)
        }
    }

    private func tick() {
        state.withLock { $0.timer = nil }
        decide { state in ((), state.machine.tick(now: .now)) }
    }

    // MARK: Ending

    /// Ends the pool; see ``PGClient/shutdown()``.
    func shutdown() async { await shutdown(grace: configuration.pool.shutdownGrace) }

    /// - Parameter grace: How long connections may still be used; nil waits for them without end.
    private func shutdown(grace: Duration?) async {
        beginShutdown()
        guard let loop = state.withLock({ $0.loop }) else { return }
        let forced = grace.map { grace in loop.schedule(at: .now + grace) { [weak self] in self?.force() } }
        await withCheckedContinuation { continuation in
            let isDrained = state.withLock { state in
                if !state.isDrained { state.drained.append(continuation) }
                return state.isDrained
            }
            if isDrained { continuation.resume() }
        }
        if let forced { loop.cancelTimer(forced) }
        releaseLoop()
    }

    private func beginShutdown() {
        decide { state in
            state.isShutDown = true
            return ((), state.machine.shutdown(now: .now))
        }
    }

    /// The grace is over: connections in use are closed under their users; those being opened are not waited for.
    private func force() {
        let (sessions, waiting) = state.withLock { state in
            let waiting = state.drained
            state.drained = []
            state.isDrained = true
            return (Array(state.sessions.values), waiting)
        }
        for session in sessions { session.close(PGError(.shutdown, "The database client is shut down.")) }
        for continuation in waiting { continuation.resume() }
    }

    private func releaseLoop() {
        let loop = state.withLock { state in
            let loop = state.loop
            state.loop = nil
            return loop
        }
        loop?.release()
    }

    /// The client is gone without a shutdown. Rows may still be read; the loop lives until the last were.
    func abandon() {
        guard !state.withLock({ $0.isShutDown }) else { return }
        Task { [self] in await shutdown(grace: nil) }
    }
}
