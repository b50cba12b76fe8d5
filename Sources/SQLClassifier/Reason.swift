/// Why a text is not a read, and where that shows.
public struct Reason: Sendable, Hashable, CustomStringConvertible {
    /// The kind of reason, stable for programs.
    public enum Code: String, Sendable, CaseIterable {
        /// There is no statement at all.
        case empty
        /// There is more than one statement.
        case severalStatements
        /// The bytes are not UTF-8.
        case invalidUTF8
        /// The text holds a NUL byte, where PostgreSQL would stop reading.
        case nulByte
        /// A string, name, comment or dollar quote does not end.
        case unterminated
        /// An escape in a string or a name is not valid, or means different things to different servers.
        case invalidEscape
        /// A character or number that PostgreSQL does not take, or takes differently from version to version.
        case invalidToken
        /// A bracket without its partner.
        case unbalanced
        /// A statement that writes rows.
        case writes
        /// A data-modifying statement within WITH.
        case writingCTE
        /// SELECT … INTO creates a table.
        case into
        /// FOR UPDATE, FOR SHARE and the like lock rows.
        case rowLock
        /// EXPLAIN that runs a statement which is not a read, or whose options are not understood.
        case explain
        /// A statement of another kind that is not a read: DDL, session, transaction and so on.
        case notARead
        /// A shape that is not understood, and so is not taken for a read.
        case notUnderstood
    }

    /// The kind of reason.
    public let code: Code
    /// A complete sentence that names what was found.
    public let message: String
    /// Where it was found.
    public let location: SourceLocation

    /// Makes a reason.
    ///
    /// - Parameters:
    ///   - code: the kind of reason.
    ///   - message: a complete sentence that names what was found.
    ///   - location: where it was found.
    public init(code: Code, message: String, location: SourceLocation) {
        self.code = code
        self.message = message
        self.location = location
    }

    /// The sentence with the place: "… (line 1, column 8)".
    public var description: String { "\(message) (\(location))" }
}
