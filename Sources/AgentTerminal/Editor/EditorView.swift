/// What an editor looks like on a screen of some width: rows, and the place of the cursor in them.
public struct EditorView: Sendable, Hashable {
    /// The rows, each no wider than the screen.
    public var rows: [SafeText]
    /// The row of the cursor.
    public var row: Int
    /// The column of the cursor.
    public var column: Int

    /// Lays out what an editor holds.
    ///
    /// - Parameters:
    ///   - editor: The editor.
    ///   - prompt: What stands before the first line.
    ///   - continuation: What stands before further lines.
    ///   - columns: How wide the screen is.
    public init(_ editor: LineEditor, prompt: SafeText, continuation: SafeText = "", columns: Int) {
        var prompt = prompt
        if let search = editor.search {
            prompt = SafeText("(\(search.failed ? "failed " : "")search) '\(search.query)': ", .dim)
        }
        // One column stays free: a cursor behind the last one is on another line on some terminals.
        let width = max(2, columns - 1)
        rows = prompt.cut(to: width)
        row = 0
        column = 0
        var used = rows.last?.width ?? 0
        // A prompt that leaves no room stands on a line of its own.
        if used > width * 2 / 3 {
            rows.append("")
            used = 0
        }
        for (index, character) in editor.characters.enumerated() {
            if index == editor.cursor { (row, column) = (rows.count - 1, used) }
            if character == "\n" || character == "\r\n" {
                rows.append(continuation)
                used = continuation.width
                continue
            }
            let shown = character == "\t" ? SafeText("    ") : SafeText(String(character))
            let wide = shown.width
            if used + wide > width, used > 0 {
                if index == editor.cursor { (row, column) = (rows.count, 0) }
                rows.append("")
                used = 0
            }
            rows[rows.count - 1].append(shown)
            used += wide
        }
        if editor.cursor == editor.characters.count { (row, column) = (rows.count - 1, used) }
    }
}
