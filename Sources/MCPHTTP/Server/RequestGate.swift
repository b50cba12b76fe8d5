import Synchronization

/// Counts what runs, so that no caller and not all of them together run more than allowed.
final class RequestGate: Sendable {
    struct Limits: Sendable {
        var total: Int
        var perCaller: Int
    }

    private struct State {
        var total = 0
        var byCaller: [String: Int] = [:]
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(total: Int, perCaller: Int) {
        limits = Limits(total: total, perCaller: perCaller)
    }

    /// - Returns: whether there is room; then ``leave(_:)`` has to follow once.
    func enter(_ identity: String, count: Int = 1) -> Bool {
        state.withLock { state in
            let own = state.byCaller[identity] ?? 0
            guard state.total + count <= limits.total, own + count <= limits.perCaller else { return false }
            state.total += count
            state.byCaller[identity] = own + count
            return true
        }
    }

    func leave(_ identity: String, count: Int = 1) {
        state.withLock { state in
            state.total -= count
            let own = (state.byCaller[identity] ?? count) - count
            state.byCaller[identity] = own > 0 ? own : nil
        }
    }

    /// How many are inside, for tests and metrics.
    var count: Int { state.withLock { $0.total } }
}
