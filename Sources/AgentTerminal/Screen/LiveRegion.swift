/// The last lines of a terminal, which may be drawn again: a prompt, an answer that is not complete, a progress line.
///
/// Pure: it answers with what to write. It draws only the rows that differ, and it knows how many rows what it drew has become
/// when the terminal got narrower and folded them.
public struct LiveRegion: Sendable {
    private var rows: [SafeText] = []
    private var row = 0
    private var column = 0
    private var size: TerminalSize

    /// Nothing is drawn.
    public init(size: TerminalSize) { self.size = size }

    /// Draws rows in place of those of before.
    ///
    /// - Parameters:
    ///   - new: The rows. When there are more than the screen has, those around the cursor are shown.
    ///   - newRow: The row of the cursor; nil for the end of the last row.
    ///   - newColumn: The column of the cursor.
    ///   - newSize: How large the terminal is now.
    ///   - palette: Whether styles are shown.
    /// - Returns: What to write.
    public mutating func draw(
        _ new: [SafeText], row newRow: Int? = nil, column newColumn: Int? = nil, size newSize: TerminalSize,
        palette: Palette
    ) -> TerminalOutput {
        var new = new.flatMap { $0.width < newSize.columns ? [$0] : $0.cut(to: max(1, newSize.columns - 1)) }
        var cursorRow = newRow ?? max(0, new.count - 1)
        let room = max(1, newSize.rows - 1)
        if new.count > room {
            let first = max(0, min(cursorRow - room + 1, new.count - room))
            new = Array(new[first..<first + room])
            cursorRow -= first
        }
        cursorRow = max(0, min(cursorRow, new.count - 1))
        var text = ""
        if newSize != size {
            // What was drawn may have been folded; nothing of it is where it was.
            text += toTop(columns: newSize.columns) + "\r\u{1B}[J"
            rows = []
            row = 0
        }
        // From the first row that differs on.
        var first = 0
        while first < min(rows.count, new.count), rows[first] == new[first] { first += 1 }
        if first < max(rows.count, new.count) {
            if first == rows.count, first > 0 {
                text += Self.vertical(from: row, to: first - 1) + "\r\n"
            } else {
                text += Self.vertical(from: row, to: first) + "\r\u{1B}[J"
            }
            text += new[first...].map { $0.rendered(palette) }.joined(separator: "\r\n")
            row = max(first, new.count - 1)
        }
        text += Self.vertical(from: row, to: cursorRow) + "\r"
        let target = newColumn ?? new.last?.width ?? 0
        if target > 0 { text += "\u{1B}[\(target)C" }
        rows = new
        row = cursorRow
        column = target
        size = newSize
        return TerminalOutput(text: text)
    }

    /// Leaves what is drawn where it is, and goes to the line behind it.
    public mutating func leave() -> TerminalOutput {
        defer { forget() }
        guard !rows.isEmpty else { return TerminalOutput(text: "") }
        return TerminalOutput(text: Self.vertical(from: row, to: rows.count - 1) + "\r\n")
    }

    /// Takes what is drawn away.
    public mutating func clear() -> TerminalOutput {
        defer { forget() }
        guard !rows.isEmpty else { return TerminalOutput(text: "") }
        return TerminalOutput(text: toTop(columns: size.columns) + "\r\u{1B}[J")
    }

    private mutating func forget() {
        rows = []
        row = 0
        column = 0
    }

    /// Up to the first row, however many rows of the terminal those before the cursor take now.
    private func toTop(columns: Int) -> String {
        let columns = max(1, columns)
        let folded = rows.prefix(row).reduce(0) { $0 + max(1, ($1.width + columns - 1) / columns) } + column / columns
        return folded > 0 ? "\u{1B}[\(folded)A" : ""
    }

    private static func vertical(from: Int, to: Int) -> String {
        if to < from { return "\u{1B}[\(from - to)A" }
        return to > from ? "\u{1B}[\(to - from)B" : ""
    }
}

/// What is written to a terminal. Only this library makes it: of ``SafeText`` and of movements of the cursor.
public struct TerminalOutput: Sendable, Hashable {
    let text: String

    init(text: String) { self.text = text }

    /// Whole lines.
    ///
    /// - Parameters:
    ///   - lines: The lines, without line ends.
    ///   - palette: Whether styles are shown.
    public init(_ lines: [SafeText], palette: Palette) {
        text = lines.map { $0.rendered(palette) + "\n" }.joined()
    }

    /// A text without a line end: a question, a part of an answer.
    public init(part: SafeText, palette: Palette) { text = part.rendered(palette) }

    /// Has pastes marked as such (xterm's mode 2004).
    public static let beginPasteMode = TerminalOutput(text: "\u{1B}[?2004h")
    /// Ends ``beginPasteMode``.
    public static let endPasteMode = TerminalOutput(text: "\u{1B}[?2004l")
    /// Empties the screen.
    public static let clearScreen = TerminalOutput(text: "\u{1B}[H\u{1B}[2J")

    /// The bytes.
    public var bytes: [UInt8] { Array(text.utf8) }

    /// One after the other.
    public static func + (left: TerminalOutput, right: TerminalOutput) -> TerminalOutput {
        TerminalOutput(text: left.text + right.text)
    }
}
