/// Where tokens, users and their state are.
public struct AccountFiles: Sendable, Hashable {
    /// The token file.
    public var tokens: String
    /// The user file.
    public var users: String
    /// The folder for what changes while programs run: last uses, sessions, lockouts, the lockdown. `nil`: kept in memory, and
    /// forgotten at the end.
    public var state: String?

    /// Names the files.
    ///
    /// - Parameters:
    ///   - tokens: The token file.
    ///   - users: The user file.
    ///   - state: The folder for state; it must exist.
    public init(tokens: String, users: String, state: String? = nil) {
        self.tokens = tokens
        self.users = users
        self.state = state
    }

    var tokenUse: String? { state.map { $0 + "/token-use" } }
    var sessions: String? { state.map { $0 + "/sessions" } }
    var lockouts: String? { state.map { $0 + "/lockouts" } }
    /// Beside the token file when there is no folder for state: an incident needs it in any case.
    var lockdown: String { state.map { $0 + "/lockdown" } ?? tokens + ".lockdown" }
}
