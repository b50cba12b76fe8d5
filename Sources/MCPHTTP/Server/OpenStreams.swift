import Synchronization

/// The streams that are open, each with its caller: a request is decided on once, and a stream may outlive the decision.
package final class OpenStreams: Sendable {
    private struct Entry {
        let caller: HTTPCaller
        let begun = ContinuousClock.now
        let end: @Sendable () -> Void
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Adds a stream.
    ///
    /// - Parameters:
    ///   - caller: Whose it is.
    ///   - end: Ends it. Called once at most; it may be called while the stream is removed.
    /// - Returns: What names it for ``remove(_:)``.
    package func add(_ caller: HTTPCaller, end: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.next += 1
            state.entries[state.next] = Entry(caller: caller, end: end)
            return state.next
        }
    }

    /// Forgets a stream that is over.
    package func remove(_ number: Int) { state.withLock { $0.entries[number] = nil } }

    /// Ends streams.
    ///
    /// - Parameter isOver: Of which callers; told also how long a stream has been open.
    /// - Returns: How many.
    @discardableResult
    package func end(where isOver: (HTTPCaller, Duration) -> Bool) -> Int {
        let now = ContinuousClock.now
        // Asked outside of the lock: to decide may take longer than others want to wait.
        let over = state.withLock { $0.entries }.filter { isOver($0.value.caller, $0.value.begun.duration(to: now)) }
        for (number, entry) in over {
            guard state.withLock({ $0.entries.removeValue(forKey: number) }) != nil else { continue }
            entry.end()
        }
        return over.count
    }

    /// How many there are.
    package var count: Int { state.withLock { $0.entries.count } }
}
