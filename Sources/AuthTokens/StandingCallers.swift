/// Which callers would still be let in, at one moment: for those who were let in a while ago and are still there, on a stream
/// that stays open.
///
/// ```swift
/// let standing = accounts.standing()
/// for stream in streams where !standing.holds(stream.caller, age: stream.age) { stream.end() }
/// ```
public struct StandingCallers: Sendable {
    private let accounts: Accounts
    private let sessions: Set<String>
    private let now: Timestamp

    init(_ accounts: Accounts, at now: Timestamp) {
        self.accounts = accounts
        self.now = now
        sessions = accounts.sessions.usable(users: accounts.users, lockdown: accounts.lockdown, at: now)
    }

    /// Whether a caller would still be let in with what it showed, and may still do all that it might then.
    ///
    /// - Parameters:
    ///   - caller: The caller, as it was let in.
    ///   - age: How long ago that was.
    public func holds(_ caller: AuthenticatedCaller, age: Duration) -> Bool {
        if accounts.lockdown.isOn { return false }
        if let expires = caller.expires, expires <= now { return false }
        switch caller.credential {
        case .none: return true
        case .oauth:
            // Nothing is kept of an issuer's token but when it ends. What an incident ended stays ended.
            return accounts.lockdown.since.map { began(age) > $0 } ?? true
        case .session(let id): guard sessions.contains(id) else { return false }
        case .token(let id): guard let token = accounts.tokens[id], hasText(token, age) else { return false }
        }
        guard let current = accounts.current(caller.principal, at: now) else { return false }
        return Self.covers(current, caller.principal)
    }

    /// When something began, at the earliest.
    private func began(_ age: Duration) -> Timestamp { Timestamp(seconds: now.seconds - age.components.seconds - 1) }

    /// Whether the token still has the text that was shown. Which of two it was while both held is not known: when the time of
    /// the old one is over, everybody of then shows the new one once.
    private func hasText(_ token: TokenRecord, _ age: Duration) -> Bool {
        guard let rotated = token.rotated else { return true }
        let end = token.previous?.until ?? rotated
        return end > now || began(age) > end
    }

    /// Whether the rights of now are no fewer than those of then.
    private static func covers(_ current: Principal, _ before: Principal) -> Bool {
        guard before.scopes.isSubset(of: current.scopes) else { return false }
        guard let allowed = current.databases else { return true }
        return before.databases.map { Set($0).isSubset(of: allowed) } ?? false
    }
}

extension Accounts {
    /// Which callers would still be let in.
    ///
    /// - Parameter now: The present.
    public func standing(at now: Timestamp = .now) -> StandingCallers { StandingCallers(self, at: now) }
}
