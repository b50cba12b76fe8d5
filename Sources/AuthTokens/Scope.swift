/// What a principal may do. A principal holds a set of these; none implies another.
public enum Scope: String, Sendable, Hashable, CaseIterable {
    /// Read data and schemas through the guard.
    case read
    /// Ask for statements that write, where the database allows writes.
    case write
    /// Approve or decline statements that write.
    case approve
    /// Manage tokens, users and sessions.
    case admin
}
