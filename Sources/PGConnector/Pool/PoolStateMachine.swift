/// The policy of a pool: who gets which connection, what is opened, closed, and when. It does no I/O and reads no clock;
/// it is told what happened and when, and answers with what to do.
struct PoolStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias ConnectionID = Int
    typealias WaiterID = Int

    enum Action: Sendable, Equatable {
        /// Open a connection, then tell ``opened(_:now:)`` or ``openFailed(_:_:keepsWaiters:now:)``.
        case open(ConnectionID)
        /// Give this one to that caller, unless the server is gone: then tell ``leaseRefused(_:to:now:)``.
        case lease(ConnectionID, to: WaiterID)
        /// Close it, then tell ``closed(_:now:)``.
        case close(ConnectionID)
        /// Turn the caller away.
        case fail(WaiterID, Refusal)
        /// The pool is shut down and empty.
        case drained
    }

    enum Refusal: Sendable, Equatable {
        case timeout
        case tooManyWaiters
        case shutdown
        /// The circuit is open; the text of the last failure.
        case circuitOpen(String)
        /// The connect that the caller waited for failed.
        case connectFailed(String)
    }

    private enum Phase: Sendable, Equatable {
        case opening
        case idle
        case leased
        case closing
    }

    private struct Connection: Sendable {
        var phase: Phase
        var expires: Instant
    }

    /// What deadlines need to know of an idle connection, without a look-up for each.
    private struct Idle: Sendable {
        let id: ConnectionID
        let since: Instant
        let expires: Instant
    }

    private struct Waiter: Sendable {
        let id: WaiterID
        let deadline: Instant
    }

    private let limits: PGPoolConfiguration
    /// A number from 0 to 1, for jitter.
    private let random: @Sendable () -> Double
    private var connections: [ConnectionID: Connection] = [:]
    /// How many of them are being closed.
    private var closing = 0
    /// Last in, first out: the end is taken, so that what is not needed grows old at the beginning.
    private var idle: [Idle] = []
    /// First in, first out.
    private var waiters: [Waiter] = []
    private var nextID = 1
    private var failures = 0
    private var retryAt: Instant?
    private var isShutDown = false
    private(set) var lastFailure: String?

    init(limits: PGPoolConfiguration, random: @escaping @Sendable () -> Double) {
        self.limits = limits
        self.random = random
    }

    // MARK: Counts

    private var opening: Int { connections.values.count { $0.phase == .opening } }
    private var leased: Int { connections.values.count { $0.phase == .leased } }
    private var maximum: Int { max(1, limits.max) }

    func status(now: Instant) -> PGPoolStatus {
        PGPoolStatus(
            inUse: leased, idle: idle.count, opening: opening, waiting: waiters.count,
            circuitOpen: isCircuitOpen(now), lastConnectError: lastFailure)
    }

    private func isCircuitOpen(_ now: Instant) -> Bool {
        guard failures >= max(1, limits.breakerThreshold), let retryAt else { return false }
        return now < retryAt
    }

    // MARK: What happened

    /// A caller wants a connection.
    mutating func acquire(_ waiter: WaiterID, now: Instant) -> [Action] {
        if isShutDown { return [.fail(waiter, .shutdown)] }
        if waiters.isEmpty, let id = idle.popLast()?.id {
            connections[id]?.phase = .leased
            return [.lease(id, to: waiter)]
        }
        // While others are in use, one of them may come free; the failure of one more matters less.
        if isCircuitOpen(now), leased == 0, idle.isEmpty {
            return [.fail(waiter, .circuitOpen(lastFailure ?? ""))]
        }
        guard waiters.count < limits.maximumWaiters else { return [.fail(waiter, .tooManyWaiters)] }
        waiters.append(Waiter(id: waiter, deadline: now + limits.acquireTimeout))
        return serve(now)
    }

    /// A caller does not wait any more.
    mutating func cancel(_ waiter: WaiterID, now: Instant) -> [Action] {
        waiters.removeAll { $0.id == waiter }
        return []
    }

    /// A connection was opened.
    mutating func opened(_ id: ConnectionID, now: Instant) -> [Action] {
        guard connections[id]?.phase == .opening else { return [] }
        failures = 0
        retryAt = nil
        lastFailure = nil
        if isShutDown { return close(id) }
        let spread = limits.lifetime * limits.lifetimeJitter
        let expires = now + limits.lifetime + spread * (2 * random() - 1)
        connections[id]?.expires = expires
        makeIdle(id, now)
        return serve(now)
    }

    /// A connection could not be opened.
    /// - Parameters:
    ///   - text: Why, without secrets.
    ///   - keepsWaiters: The server is coming up: callers go on waiting.
    mutating func openFailed(_ id: ConnectionID, _ text: String, keepsWaiters: Bool, now: Instant) -> [Action] {
        forget(id)
        lastFailure = text
        failures += 1
        retryAt = now + backoff()
        if isShutDown { return drainedIfEmpty() }
        // Somebody else's connection may come back in time.
        if keepsWaiters || leased > 0 || opening > 0 { return [] }
        let failed = waiters
        waiters = []
        return failed.map { .fail($0.id, .connectFailed(text)) }
    }

    private func backoff() -> Duration {
        let exponent = min(max(0, failures - max(1, limits.breakerThreshold)), 16)
        let full = min(limits.breakerBackoff * (1 << exponent), limits.breakerMaximumBackoff)
        return full * (0.8 + 0.4 * random())
    }

    /// The connection that was to be given to a caller is dead; the caller is served first again.
    mutating func leaseRefused(_ id: ConnectionID, to waiter: WaiterID, now: Instant) -> [Action] {
        guard connections[id]?.phase == .leased else { return [] }
        // Whoever was failed at the shutdown was not among those that wait.
        if isShutDown { return close(id) + [.fail(waiter, .shutdown)] }
        var actions = close(id)
        // It came before those that wait, and the first of all deadlines is looked for at the front.
        let own = now + limits.acquireTimeout
        waiters.insert(Waiter(id: waiter, deadline: min(own, waiters.first?.deadline ?? own)), at: 0)
        actions += serve(now)
        return actions
    }

    /// A connection came back.
    mutating func released(_ id: ConnectionID, isClean: Bool, now: Instant) -> [Action] {
        guard let connection = connections[id], connection.phase == .leased else { return [] }
        if isShutDown || !isClean || connection.expires <= now { return close(id) + serve(now) }
        makeIdle(id, now)
        return serve(now)
    }

    /// A connection is closed.
    mutating func closed(_ id: ConnectionID, now: Instant) -> [Action] {
        forget(id)
        if isShutDown { return drainedIfEmpty() }
        return serve(now)
    }

    /// Time has passed.
    mutating func tick(now: Instant) -> [Action] {
        var actions: [Action] = []
        let late = waiters.filter { $0.deadline <= now }
        if !late.isEmpty {
            waiters.removeAll { $0.deadline <= now }
            actions += late.map { .fail($0.id, .timeout) }
        }
        var surplus = connections.count - closing - limits.min
        // Oldest first.
        for one in idle
        where one.expires <= now || (surplus > 0 && one.since + limits.idleTimeout <= now) {
            surplus -= 1
            actions += close(one.id)
        }
        return actions + serve(now)
    }

    /// Nobody gets a connection any more.
    mutating func shutdown(now: Instant) -> [Action] {
        guard !isShutDown else { return [] }
        isShutDown = true
        var actions = waiters.map { Action.fail($0.id, .shutdown) }
        waiters = []
        for one in idle { actions += close(one.id) }
        return actions + drainedIfEmpty()
    }

    /// When ``tick(now:)`` has something to do; nil when never.
    var nextDeadline: Instant? {
        var next: Instant?
        func consider(_ instant: Instant) {
            if next.map({ instant < $0 }) ?? true { next = instant }
        }
        if let first = waiters.first { consider(first.deadline) }
        let surplus = connections.count > limits.min
        for one in idle {
            consider(one.expires)
            if surplus { consider(one.since + limits.idleTimeout) }
        }
        let wantsMore = !waiters.isEmpty || connections.count < min(limits.min, maximum)
        if !isShutDown, wantsMore, opening == 0, connections.count < maximum, let retryAt { consider(retryAt) }
        return next
    }

    // MARK: Decisions

    private mutating func makeIdle(_ id: ConnectionID, _ now: Instant) {
        guard let expires = connections[id]?.expires else { return }
        connections[id]?.phase = .idle
        idle.append(Idle(id: id, since: now, expires: expires))
    }

    private mutating func close(_ id: ConnectionID) -> [Action] {
        idle.removeAll { $0.id == id }
        if let phase = connections[id]?.phase, phase != .closing {
            connections[id]?.phase = .closing
            closing += 1
        }
        return [.close(id)]
    }

    private mutating func forget(_ id: ConnectionID) {
        if connections.removeValue(forKey: id)?.phase == .closing { closing -= 1 }
    }

    private func drainedIfEmpty() -> [Action] { connections.isEmpty ? [.drained] : [] }

    /// Gives idle connections to those who wait longest, and opens what is missing.
    private mutating func serve(_ now: Instant) -> [Action] {
        if isShutDown { return [] }
        var actions: [Action] = []
        while !waiters.isEmpty, let id = idle.popLast()?.id {
            connections[id]?.phase = .leased
            actions.append(.lease(id, to: waiters.removeFirst().id))
        }
        let present = connections.count - closing
        // So it nearly always is.
        if waiters.isEmpty, present >= limits.min { return actions }
        let opening = opening
        var wanted = waiters.count - opening
        wanted = max(wanted, limits.min - present)
        wanted = min(wanted, maximum - connections.count)
        if let retryAt {
            // After a failure: nothing before its time, then one connect to see whether the server is back.
            wanted = now < retryAt || opening > 0 ? 0 : min(wanted, 1)
            // The first failures below the threshold do not hold up those who ask.
            if failures < max(1, limits.breakerThreshold), opening == 0, waiters.count > 0 {
                wanted = min(1, maximum - connections.count)
            }
        }
        guard wanted > 0 else { return actions }
        for _ in 0..<wanted {
            connections[nextID] = Connection(phase: .opening, expires: now)
            actions.append(.open(nextID))
            nextID += 1
        }
        return actions
    }
}
