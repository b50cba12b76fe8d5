/// An error or a notice as the server sent it: the fields of
/// [Error and Notice Message Fields](https://www.postgresql.org/docs/current/protocol-error-fields.html).
public struct PGServerError: Error, Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// `ERROR`, `FATAL`, `PANIC`, or for notices `WARNING`, `NOTICE`, `DEBUG`, `INFO`, `LOG`; never localized.
    public var severity: String
    /// Five characters of the SQL standard and PostgreSQL's Appendix A; empty when libpq made the error itself.
    public var sqlState: String
    /// The primary message.
    public var message: String
    /// A second message with more about the problem.
    public var detail: String?
    /// A suggestion what to do.
    public var hint: String?
    /// Where in the statement, in characters, counted from 1.
    public var position: Int?
    /// Where in ``internalQuery``, in characters, counted from 1.
    public var internalPosition: Int?
    /// The text of a statement that a function ran by itself.
    public var internalQuery: String?
    /// The call stack of the procedural language.
    public var context: String?
    /// The schema the error is about.
    public var schema: String?
    /// The table the error is about.
    public var table: String?
    /// The column the error is about.
    public var column: String?
    /// The data type the error is about.
    public var dataType: String?
    /// The constraint that was violated.
    public var constraint: String?
    /// The source file of the server that reported it.
    public var file: String?
    /// The line in ``file``.
    public var line: Int?
    /// The routine of the server that reported it.
    public var routine: String?

    /// Makes an error from its three fields that always exist; the others can be set afterwards.
    /// - Parameters:
    ///   - severity: Such as `ERROR`.
    ///   - sqlState: Five characters, or empty.
    ///   - message: The primary message.
    public init(severity: String, sqlState: String, message: String) {
        self.severity = severity
        self.sqlState = sqlState
        self.message = message
    }

    /// Severity, message and SQLSTATE.
    public var description: String {
        sqlState.isEmpty ? "\(severity): \(message)" : "\(severity): \(message) (SQLSTATE \(sqlState))"
    }

    /// Every field that is present.
    public var debugDescription: String {
        var parts = [description]
        func add(_ name: String, _ value: String?) {
            if let value { parts.append("\(name): \(value)") }
        }
        add("detail", detail)
        add("hint", hint)
        add("position", position.map(String.init))
        add("internal position", internalPosition.map(String.init))
        add("internal query", internalQuery)
        add("context", context)
        add("schema", schema)
        add("table", table)
        add("column", column)
        add("data type", dataType)
        add("constraint", constraint)
        add("file", file)
        add("line", line.map(String.init))
        add("routine", routine)
        return parts.joined(separator: "; ")
    }

    /// Whether the server ended the session with this message.
    var endsSession: Bool { severity == "FATAL" || severity == "PANIC" }
}
