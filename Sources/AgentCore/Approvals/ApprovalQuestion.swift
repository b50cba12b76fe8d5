public import MCPProtocol

/// What a person is asked before a write runs.
public struct ApprovalQuestion: Sendable, Hashable {
    /// What the answer will be good for.
    public let approval: Approval
    /// The exact SQL.
    public let sql: String
    /// The command tags of the statements, each once, in order.
    public let kinds: [String]
    /// How many statements there are.
    public let statements: Int
    /// How many rows the planner thinks will change; nil when nothing can be said.
    public let estimatedRows: Int?
    /// What is dangerous or unusual, a sentence each.
    public let warnings: [String]
    /// Whether it runs outside of a transaction.
    public let isAlone: Bool

    /// The configured name of the database.
    public var database: String { approval.database }
    /// Whether it is about a dry run.
    public var isDryRun: Bool { approval.isDryRun }

    /// The question in words; it ends with the SQL, byte for byte, so that nothing within the SQL can pass for ours.
    public var text: String {
        var lines = [
            isDryRun
                ? "Dry run: try this on the database \"\(database)\", then roll it back?"
                : "Run this on the database \"\(database)\"? It may change data."
        ]
        lines.append("Kind: " + kinds.joined(separator: ", "))
        for warning in warnings { lines.append("WARNING: " + warning) }
        lines.append("Rows, by the planner's estimate: " + (estimatedRows.map { "about \($0)" } ?? "no estimate"))
        if isDryRun {
            lines.append(
                "Even so, sequences advance, triggers run, and calls to foreign servers take effect all the same.")
        } else if isAlone {
            lines.append("It runs outside of a transaction: what it has done stays, even if it fails half-way.")
        } else if statements > 1 {
            lines.append("All \(statements) statements run in one transaction: all or nothing.")
        }
        let count = statements == 1 ? "1 statement" : "\(statements) statements"
        let bytes = sql.utf8.count
        let lineCount = sql.utf8.count { $0 == 0x0A } + 1
        lines.append(
            "SQL (\(count), \(lineCount) line\(lineCount == 1 ? "" : "s"), \(bytes) bytes; all that follows is the SQL):"
        )
        lines.append(VisibleSQL.text(sql))
        return lines.joined(separator: "\n")
    }

    /// The question as MCP's form. It has no fields: to accept it is to approve.
    public var form: ElicitationForm { ElicitationForm(message: text, fields: []) }
}
