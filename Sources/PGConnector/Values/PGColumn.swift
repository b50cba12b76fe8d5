/// How a value travels.
public enum PGFormat: Int32, Sendable, Hashable {
    /// As PostgreSQL prints it.
    case text = 0
    /// As the type's `send` function writes it.
    case binary = 1
}

/// One column of a result.
public struct PGColumn: Sendable, Hashable {
    /// Its name; several columns can have the same one.
    public let name: String
    /// The OID of its type.
    public let typeOID: UInt32
    /// The type's modifier (`atttypmod`), -1 when it has none.
    public let typeModifier: Int32
    /// The OID of the table it comes from, 0 for an expression.
    public let tableOID: UInt32
    /// Its number in that table, counted from 1; 0 for an expression.
    public let columnNumber: Int
    /// How its values arrive.
    public let format: PGFormat

    /// Makes a column.
    /// - Parameters:
    ///   - name: Its name.
    ///   - typeOID: Its type.
    ///   - typeModifier: The type's modifier.
    ///   - tableOID: Its table.
    ///   - columnNumber: Its number there.
    ///   - format: How values arrive.
    public init(
        name: String, typeOID: UInt32, typeModifier: Int32 = -1, tableOID: UInt32 = 0, columnNumber: Int = 0,
        format: PGFormat = .text
    ) {
        self.name = name
        self.typeOID = typeOID
        self.typeModifier = typeModifier
        self.tableOID = tableOID
        self.columnNumber = columnNumber
        self.format = format
    }
}

/// Where a transaction stands, as libpq knows it.
public enum PGTransactionStatus: Sendable, Hashable {
    /// No transaction.
    case idle
    /// A command runs.
    case active
    /// Inside a transaction that is valid.
    case inTransaction
    /// Inside a transaction that failed.
    case inFailedTransaction
    /// The connection is bad.
    case unknown
}
