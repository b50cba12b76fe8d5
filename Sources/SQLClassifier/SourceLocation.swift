/// A place in the text of a statement, for messages and carets.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// Bytes of UTF-8 before the place.
    public let offset: Int
    /// The line, from 1. A line ends at LF, CR or CR LF, since all three end a comment for PostgreSQL.
    public let line: Int
    /// The column, from 1, counted in Unicode scalars, as PostgreSQL counts error positions.
    public let column: Int

    /// Makes a location from its parts.
    ///
    /// - Parameters:
    ///   - offset: bytes of UTF-8 before the place.
    ///   - line: the line, from 1.
    ///   - column: the column, from 1, in Unicode scalars.
    public init(offset: Int, line: Int, column: Int) {
        self.offset = offset
        self.line = line
        self.column = column
    }

    /// "line 3, column 14".
    public var description: String { "line \(line), column \(column)" }
}
