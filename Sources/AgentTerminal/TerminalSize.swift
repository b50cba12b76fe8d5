/// How large a terminal is, in columns and rows.
public struct TerminalSize: Sendable, Hashable {
    /// Columns.
    public var columns: Int
    /// Rows.
    public var rows: Int

    /// Describes a size.
    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// What holds where nothing says how large the terminal is.
    public static let usual = TerminalSize(columns: 80, rows: 24)
}
