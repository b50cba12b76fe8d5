internal import AuthTokens

/// A text that somebody wants run although it may change something.
public struct WriteRequest: Sendable {
    /// The SQL, one statement or several, run as it is.
    public var sql: String
    /// Whether everything is rolled back at the end.
    public var dryRun: Bool
    /// Who is behind it. A write without a principal is refused.
    public var origin: CallOrigin
    /// The most rows of the answer, of all statements together; `nil` or more than the database's `limits.rows`:
    /// `limits.rows`. The statement itself always runs to its end.
    public var limit: Int?

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - sql: the SQL, one statement or several, run as it is.
    ///   - dryRun: whether everything is rolled back at the end.
    ///   - origin: who is behind it.
    ///   - limit: the most rows of the answer; `nil` for the database's limit.
    public init(sql: String, dryRun: Bool = false, origin: CallOrigin, limit: Int? = nil) {
        self.sql = sql
        self.dryRun = dryRun
        self.origin = origin
        self.limit = limit
    }
}

/// What came of a write.
public struct WriteResult: Sendable {
    /// What one statement did.
    public struct Statement: Sendable {
        /// PostgreSQL's command tag without its count, such as `UPDATE` or `CREATE TABLE`.
        public internal(set) var command: String
        /// The rows that it touched or returned, as the tag counts them; `nil` for commands that count none.
        public internal(set) var rows: Int?
        /// The rows that it returned, when it returns any; cut at the limits, while the statement ran to its end.
        public internal(set) var result: QueryResult?

        /// What it did, in a few words: `UPDATE, 3 rows`.
        public var summary: String {
            guard let rows else { return command.isEmpty ? "a statement" : command }
            return "\(command), \(rows) row\(rows == 1 ? "" : "s")"
        }
    }

    /// The name of the database, as configured.
    public internal(set) var database: String
    /// The statements in their order.
    public internal(set) var statements: [Statement]
    /// Whether all of it was rolled back at the end.
    public internal(set) var dryRun: Bool
    /// The time from asking for a connection to the end.
    public internal(set) var elapsed: Duration
    /// Notices and warnings of the server.
    public internal(set) var notices: [String]

    /// The rows that were touched by all statements together.
    public var rows: Int { statements.reduce(0) { $0 + ($1.rows ?? 0) } }
}
