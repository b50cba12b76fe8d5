import MCPProtocol
import Synchronization

/// The sessions of an endpoint (item 34).
final class SessionStore: Sendable {
    private struct State {
        private(set) var sessions: [String: HTTPSession] = [:]
        private(set) var countByOwner: [String: Int] = [:]
        var swept = ContinuousClock.now

        mutating func insert(_ session: HTTPSession) {
            sessions[session.id] = session
            countByOwner[session.owner, default: 0] += 1
        }

        mutating func remove(_ session: HTTPSession) {
            guard sessions.removeValue(forKey: session.id) != nil else { return }
            let count = (countByOwner[session.owner] ?? 1) - 1
            countByOwner[session.owner] = count > 0 ? count : nil
        }
    }

    private let limits: EndpointConfiguration.Sessions
    private let streamBufferBytes: Int
    private let state = Mutex(State())

    init(limits: EndpointConfiguration.Sessions, streamBufferBytes: Int) {
        self.limits = limits
        self.streamBufferBytes = streamBufferBytes
    }

    /// Makes a session.
    ///
    /// - Returns: `nil` when there are too many. Of the sessions of one caller the one that was idle the longest gives way.
    func open(_ core: ServerSession, caller: HTTPCaller) -> HTTPSession? {
        let owner = caller.identity
        sweep(atLeastEvery: count < limits.maximum ? .seconds(5) : .zero)
        let session = HTTPSession(
            id: Self.newID(), caller: caller, core: core, limits: limits, streamBufferBytes: streamBufferBytes)
        let (isOpen, old) = state.withLock { state -> (Bool, HTTPSession?) in
            var old: HTTPSession?
            if state.countByOwner[owner] ?? 0 >= limits.maximumPerCaller {
                let now = ContinuousClock.now
                let idle = state.sessions.values.filter { $0.owner == owner }
                    .compactMap { session in session.idleTime(now).map { (session, $0) } }
                guard let oldest = idle.max(by: { $0.1 < $1.1 })?.0 else { return (false, nil) }
                state.remove(oldest)
                old = oldest
            }
            guard state.sessions.count < limits.maximum else { return (false, old) }
            state.insert(session)
            return (true, old)
        }
        old?.end()
        return isOpen ? session : nil
    }

    /// A session that is not over and belongs to the caller; somebody else's is as good as none.
    func find(_ id: String, owner: String) -> HTTPSession? {
        sweep(atLeastEvery: .seconds(5))
        guard let session = state.withLock({ $0.sessions[id] }), session.owner == owner else { return nil }
        guard !session.isExpired(.now) else {
            end(session)
            return nil
        }
        session.touch()
        return session
    }

    /// Ends a session; its id is not known from then on.
    func end(_ session: HTTPSession) {
        state.withLock { $0.remove(session) }
        session.end()
    }

    /// Ends the sessions that some callers opened.
    ///
    /// - Parameter isOver: Of which callers; told also how old a session is.
    /// - Returns: How many.
    func end(where isOver: (HTTPCaller, Duration) -> Bool) -> Int {
        let now = ContinuousClock.now
        // Asked outside of the lock: to decide may take longer than others want to wait.
        let over = state.withLock { Array($0.sessions.values) }
            .filter { isOver($0.caller, $0.created.duration(to: now)) }
        for session in over { end(session) }
        return over.count
    }

    /// Ends all.
    func endAll() {
        let all = state.withLock { state in
            defer { state = State() }
            return Array(state.sessions.values)
        }
        for session in all { session.end() }
    }

    /// How many there are.
    var count: Int { state.withLock { $0.sessions.count } }

    /// Ends those whose time is over. It looks at all of them, so not at each request.
    func sweep(atLeastEvery interval: Duration) {
        let now = ContinuousClock.now
        let expired = state.withLock { state -> [HTTPSession] in
            guard state.swept.duration(to: now) >= interval else { return [] }
            state.swept = now
            let expired = state.sessions.values.filter { $0.isExpired(now) }
            for session in expired { state.remove(session) }
            return expired
        }
        for session in expired { session.end() }
    }

    /// 192 bits from the system's generator, which is a cryptographic one on the platforms of Swift, in base64url.
    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<24).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return String(
            Base64.encode(bytes).map { character -> Character in
                switch character {
                case "+": "-"
                case "/": "_"
                default: character
                }
            })
    }
}
