import Synchronization

/// Told about a descriptor.
protocol ReadinessHandler: AnyObject, Sendable {
    /// Called on the loop's thread.
    func ready(_ interest: Interest)
}

/// One thread that waits for all connections of the process, and for time to pass.
///
/// There is one for all clients. It starts with the first of them and ends with the last: ``shared()`` counts up,
/// ``release()`` counts down, and a client that comes after the end starts a new one.
final class PGEventLoop: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Timer {
        let id: UInt64
        let instant: Instant
        let body: @Sendable () -> Void
    }

    private struct State {
        var handlers: [UInt64: any ReadinessHandler] = [:]
        var nextToken: UInt64 = 1
        /// Sorted, the next one last. There are few: one a pool, three a cancellation.
        var timers: [Timer] = []
        var isStopped = false
    }

    private let poller: any Poller
    private let state = Mutex(State())
    /// Exchanges under way on all connections.
    private let underWay = Atomic<Int>(0)

    private static let current = Mutex<(loop: PGEventLoop?, users: Int)>((nil, 0))

    private init(poller: any Poller) { self.poller = poller }

    /// The loop of the process, started if there is none.
    static func shared() throws(PGError) -> PGEventLoop {
        let loop: PGEventLoop? = current.withLock { current in
            if let loop = current.loop {
                current.users += 1
                return loop
            }
            #if os(Linux)
            guard let poller = EpollPoller() else { return nil }
            #else
            guard let poller = DispatchPoller() else { return nil }
            #endif
            let loop = PGEventLoop(poller: poller)
            guard SystemThread.start({ loop.run() }) else { return nil }
            current = (loop, 1)
            return loop
        }
        guard let loop else { throw PGError(.connectionFailed, "The system has no descriptors or threads left.") }
        return loop
    }

    /// Gives the loop back; the last one ends it.
    func release() {
        let isLast = Self.current.withLock { current in
            guard current.loop === self else { return false }
            current.users -= 1
            guard current.users == 0 else { return false }
            current.loop = nil
            return true
        }
        guard isLast else { return }
        state.withLock { $0.isStopped = true }
        poller.wake()
    }

    /// Watches a descriptor; nil when the system refuses.
    func register(_ descriptor: Int32, _ handler: any ReadinessHandler) -> UInt64? {
        let token = state.withLock { state in
            let token = state.nextToken
            state.nextToken += 1
            state.handlers[token] = handler
            return token
        }
        if poller.add(descriptor, token: token) { return token }
        state.withLock { _ = $0.handlers.removeValue(forKey: token) }
        return nil
    }

    func arm(_ descriptor: Int32, token: UInt64, _ interest: Interest) {
        poller.arm(descriptor, token: token, interest)
    }

    func deregister(_ descriptor: Int32, token: UInt64) {
        poller.remove(descriptor, token: token)
        state.withLock { _ = $0.handlers.removeValue(forKey: token) }
    }

    /// An exchange was begun; true when it is the only one.
    func exchangeBegan() -> Bool { underWay.add(1, ordering: .relaxed).oldValue == 0 }

    /// An exchange is over.
    func exchangeEnded() { underWay.subtract(1, ordering: .relaxed) }

    /// Calls `body` on the loop's thread at an instant.
    @discardableResult
    func schedule(at instant: Instant, _ body: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, isNext) = state.withLock { state in
            let id = state.nextToken
            state.nextToken += 1
            let position = state.timers.firstIndex { $0.instant <= instant } ?? state.timers.endIndex
            state.timers.insert(Timer(id: id, instant: instant, body: body), at: position)
            return (id, position == state.timers.count - 1)
        }
        if isNext { poller.wake() }
        return id
    }

    func cancelTimer(_ id: UInt64) {
        state.withLock { $0.timers.removeAll { $0.id == id } }
    }

    private func run() {
        while true {
            var due: [Timer] = []
            let timeout: Int32?? = state.withLock { state in
                if state.isStopped { return .none }
                guard !state.timers.isEmpty else { return .some(nil) }
                let now = Instant.now
                while let last = state.timers.last, last.instant <= now {
                    due.append(last)
                    state.timers.removeLast()
                }
                if !due.isEmpty { return .some(0) }
                guard let next = state.timers.last else { return .some(nil) }
                // Rounded up: waking too early would spin until the time has come.
                let (seconds, attoseconds) = (next.instant - now).components
                return .some(Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1))
            }
            guard let timeout else { break }
            for timer in due { timer.body() }
            poller.wait(milliseconds: timeout) { token, interest in
                state.withLock { $0.handlers[token] }?.ready(interest)
            }
        }
    }
}
