/// How often each key (an address, a token) may try in a window of time. Pure: the clock is the caller's.
///
/// The window of a key begins with its first attempt. Memory is bounded: when there are too many keys, those whose window ends
/// first are forgotten.
public struct RateLimit: Sendable {
    /// What becomes of an attempt.
    public enum Verdict: Sendable, Hashable {
        /// It is within the limit.
        case allowed
        /// It is not; the next is from this moment on.
        case refused(until: Timestamp)
    }

    private struct Window {
        var end: Timestamp
        var count: Int
    }

    private let attempts: Int
    private let length: Duration
    private let capacity: Int
    private var windows: [String: Window] = [:]

    /// Makes a limit.
    ///
    /// - Parameters:
    ///   - attempts: How many in a window, at least 1.
    ///   - window: Its length.
    ///   - capacity: The most keys that are kept in mind.
    public init(attempts: Int, window: Duration, capacity: Int = 10_000) {
        self.attempts = max(1, attempts)
        self.length = window
        self.capacity = max(1, capacity)
    }

    /// Counts an attempt.
    ///
    /// - Parameters:
    ///   - key: Whose; at most 256 bytes of it count.
    ///   - now: The present.
    public mutating func attempt(_ key: String, at now: Timestamp) -> Verdict {
        let key = key.utf8.count <= 256 ? key : String(key.prefix(64))
        if var window = windows[key], window.end > now {
            guard window.count < attempts else { return .refused(until: window.end) }
            window.count += 1
            windows[key] = window
            return .allowed
        }
        if windows[key] == nil, windows.count >= capacity { makeRoom(at: now) }
        windows[key] = Window(end: now + length, count: 1)
        return .allowed
    }

    /// Takes an attempt back, for example one that succeeded.
    public mutating func forgive(_ key: String) {
        guard var window = windows[key] else { return }
        window.count -= 1
        windows[key] = window.count <= 0 ? nil : window
    }

    /// How many keys are kept in mind.
    public var count: Int { windows.count }

    /// Those that are over go; when none is, the tenth that ends first, so that this is seldom.
    private mutating func makeRoom(at now: Timestamp) {
        windows = windows.filter { $0.value.end > now }
        guard windows.count >= capacity else { return }
        let leaving = windows.sorted { $0.value.end < $1.value.end }.prefix(max(1, capacity / 10))
        for (key, _) in leaving { windows[key] = nil }
    }
}
