/// One statement that a caller wants answered.
public struct QueryRequest: Sendable {
    /// The SQL, run as it is.
    public var sql: String
    /// The most rows of the answer; `nil` or more than the database's `limits.rows`: `limits.rows`.
    public var limit: Int?
    /// How many rows to leave out first.
    public var offset: Int
    /// Who is behind it.
    public var origin: CallOrigin
    /// Told about once a second how far the query is.
    public var onProgress: (@Sendable (QueryProgress) async -> Void)?

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - sql: the SQL, run as it is.
    ///   - limit: the most rows of the answer; `nil` for the database's limit.
    ///   - offset: how many rows to leave out first.
    ///   - origin: who is behind it.
    ///   - onProgress: told about once a second how far the query is.
    public init(
        sql: String, limit: Int? = nil, offset: Int = 0, origin: CallOrigin = .unknown,
        onProgress: (@Sendable (QueryProgress) async -> Void)? = nil
    ) {
        self.sql = sql
        self.limit = limit
        self.offset = offset
        self.origin = origin
        self.onProgress = onProgress
    }
}

/// How far a query is.
public struct QueryProgress: Sendable, Hashable {
    /// Rows that have arrived.
    public let rows: Int
    /// Bytes of values that have arrived.
    public let bytes: Int
    /// The time since the start.
    public let elapsed: Duration
}
