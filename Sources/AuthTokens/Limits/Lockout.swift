/// Which accounts are locked after failures in a row. Pure: the clock is the caller's.
///
/// An attempt is counted as a failure when it begins and taken back when it succeeds, so that attempts at the same time are
/// not more than those one after the other.
public struct Lockout: Sendable, Hashable {
    /// When an account is locked, and for how long.
    public struct Policy: Sendable, Hashable {
        /// After how many failures in a row.
        public var failures: Int
        /// For how long; also how long a failure is remembered.
        public var duration: Duration

        /// Makes a policy.
        public init(failures: Int = 5, duration: Duration = .seconds(15 * 60)) {
            self.failures = max(1, failures)
            self.duration = duration
        }
    }

    /// What is known of one account.
    struct Entry: Sendable, Hashable {
        var failures: Int
        var last: Timestamp
        var lockedUntil: Timestamp?
    }

    private(set) var entries: [String: Entry] = [:]
    private let capacity: Int

    /// Makes a lockout that nobody is under.
    ///
    /// - Parameter capacity: The most accounts that are kept in mind; beyond it those whose failure is longest ago are forgotten.
    public init(capacity: Int = 100_000) {
        self.capacity = max(1, capacity)
    }

    /// Begins an attempt.
    ///
    /// - Returns: `nil` when it may be made, else until when the account is locked.
    public mutating func begin(_ name: String, policy: Policy, at now: Timestamp) -> Timestamp? {
        if let until = lockedUntil(name, at: now) { return until }
        var entry = entries[name] ?? Entry(failures: 0, last: now)
        if entry.lockedUntil != nil || entry.last + policy.duration <= now { entry = Entry(failures: 0, last: now) }
        if entries[name] == nil, entries.count >= capacity { makeRoom(policy, at: now) }
        entry.failures += 1
        entry.last = now
        // The last attempt itself is still made; what follows it is not, unless it succeeds.
        if entry.failures >= policy.failures { entry.lockedUntil = now + policy.duration }
        entries[name] = entry
        return nil
    }

    /// Until when an account is locked; `nil` when it is not.
    public func lockedUntil(_ name: String, at now: Timestamp) -> Timestamp? {
        entries[name]?.lockedUntil.flatMap { $0 > now ? $0 : nil }
    }

    /// Forgets the failures of an account: it succeeded, or an administrator unlocks it.
    ///
    /// - Returns: Whether there were any.
    @discardableResult
    public mutating func clear(_ name: String) -> Bool {
        entries.removeValue(forKey: name) != nil
    }

    /// How many accounts are kept in mind.
    public var count: Int { entries.count }

    private mutating func makeRoom(_ policy: Policy, at now: Timestamp) {
        entries = entries.filter {
            $0.value.last + policy.duration > now || $0.value.lockedUntil.map { $0 > now } == true
        }
        guard entries.count >= capacity else { return }
        let leaving = entries.sorted { $0.value.last < $1.value.last }.prefix(max(1, capacity / 10))
        for (name, _) in leaving { entries[name] = nil }
    }
}

extension Lockout: StateContents {
    static let kind = "postgres-agent-lockouts"

    init() {
        self.init(capacity: 100_000)
    }

    mutating func read(_ words: [Substring]) -> Bool {
        guard words.count == 4, UserRecord.isName(String(words[0])), let failures = Int(words[1]), failures > 0,
            let last = Int64(words[2]), let until = Int64(words[3])
        else { return false }
        entries[String(words[0])] = Entry(
            failures: failures, last: Timestamp(seconds: last),
            lockedUntil: until == 0 ? nil : Timestamp(seconds: until))
        return true
    }

    var lines: [[String]] {
        entries.sorted { $0.key < $1.key }.map { name, entry in
            [name, String(entry.failures), String(entry.last.seconds), String(entry.lockedUntil?.seconds ?? 0)]
        }
    }
}
