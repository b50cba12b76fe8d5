internal import Synchronization

/// Lockouts that survive a restart, for users that exist; for names that do not, in memory, so that nobody can tell the two
/// apart and nobody fills the disk.
final class LockoutStore: Sendable {
    private let known: StateFile<Lockout>
    private let unknown = Mutex(Lockout(capacity: 10_000))
    private let policy: Lockout.Policy

    init(files: AccountFiles, policy: Lockout.Policy) {
        known = StateFile(path: files.lockouts)
        self.policy = policy
    }

    func begin(_ name: String, isKnown: Bool, at now: Timestamp) throws(AccountError) -> Timestamp? {
        guard isKnown else {
            let until = unknown.withLock { $0.begin(name, policy: policy, at: now) }
            // A failure of a name that exists is written down, which takes time that can be measured from afar: the same is
            // done here, without a change.
            if until == nil { try known.update { _ in (true, ()) } }
            return until
        }
        // Without a write for each attempt at a locked account.
        if let until = known.read({ $0.lockedUntil(name, at: now) }) { return until }
        return try known.update { contents in
            let until = contents.begin(name, policy: policy, at: now)
            return (until == nil, until)
        }
    }

    @discardableResult
    func clear(_ name: String) throws(AccountError) -> Bool {
        unknown.withLock { _ = $0.clear(name) }
        return try known.update { contents in
            let wasThere = contents.clear(name)
            return (wasThere, wasThere)
        }
    }

    func lockedUntil(_ name: String, at now: Timestamp) -> Timestamp? {
        known.read { $0.lockedUntil(name, at: now) }
    }
}
