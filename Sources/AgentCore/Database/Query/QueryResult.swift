/// A column of a result.
public struct ResultColumn: Sendable, Hashable {
    /// The name; several columns may have one name, and a name may be empty.
    public let name: String
    /// The type as `format_type` prints it, such as `numeric(10,2)`.
    public let type: String
    /// The OID of the type.
    public let typeOID: UInt32
}

/// Why a result has fewer rows than the query.
public enum TruncationReason: String, Sendable, Hashable {
    /// The limit of rows.
    case rows
    /// The limit of bytes.
    case bytes
}

/// What a statement answered.
public struct QueryResult: Sendable {
    /// The name of the database, as configured.
    public internal(set) var database: String
    /// The columns.
    public internal(set) var columns: [ResultColumn]
    /// The rows.
    public internal(set) var rows: ResultRows
    /// Why rows are missing at the end; `nil` when none are.
    public internal(set) var truncated: TruncationReason?
    /// How many cells were cut.
    public internal(set) var cellsCut: Int
    /// The offset at which the next page begins, when there is one.
    public internal(set) var nextOffset: Int?
    /// The offset of this page.
    public internal(set) var offset: Int
    /// The time from asking for a connection to the last row.
    public internal(set) var elapsed: Duration
    /// PostgreSQL's command tag, without the count.
    public internal(set) var commandTag: String
    /// Notices and warnings of the server.
    public internal(set) var notices: [String]
    /// Whether the statement has an ORDER BY anywhere, without which pages may overlap or miss rows.
    public internal(set) var isOrdered: Bool

    /// How many rows there are here.
    public var rowCount: Int { rows.count }
}
