/// What to wait for on a descriptor.
struct Interest: OptionSet, Sendable, Hashable {
    let rawValue: Int
    static let read = Interest(rawValue: 1)
    static let write = Interest(rawValue: 2)
}

/// Waits for many descriptors on one thread. Interests are one-shot: after an event a descriptor is silent until it is
/// armed again.
protocol Poller: Sendable {
    /// Begins to watch a descriptor, with no interest yet.
    func add(_ descriptor: Int32, token: UInt64) -> Bool
    /// Asks for one event. May be called from any thread, also while another waits.
    func arm(_ descriptor: Int32, token: UInt64, _ interest: Interest)
    /// Stops watching; must come before the descriptor is closed.
    func remove(_ descriptor: Int32, token: UInt64)
    /// Makes `wait` return.
    func wake()
    /// Waits for events, for at most so many milliseconds, or without end when that is nil.
    func wait(milliseconds: Int32?, _ report: (_ token: UInt64, Interest) -> Void)
}
