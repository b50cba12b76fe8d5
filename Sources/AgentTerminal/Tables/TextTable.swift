/// A result as text: what the formats of `agentctl query` and the lists of the other commands are printed from.
public struct TextTable: Sendable, Hashable {
    /// A column's heading and the side its values stand on.
    public struct Column: Sendable, Hashable {
        /// The heading.
        public var name: String
        /// Numbers stand on the right, as in psql.
        public var alignsRight: Bool
        /// Whether the values are points in time, which a chart draws as a line.
        public var isTime: Bool

        /// Describes a column.
        public init(name: String, alignsRight: Bool = false, isTime: Bool = false) {
            self.name = name
            self.alignsRight = alignsRight
            self.isTime = isTime
        }
    }

    /// The columns, in order. Names may repeat.
    public var columns: [Column]
    /// The rows; nil is NULL.
    public var rows: [[String?]]

    /// Makes a table.
    public init(columns: [Column], rows: [[String?]]) {
        self.columns = columns
        self.rows = rows
    }

    /// What NULL looks like where a person reads it.
    public static let null = "NULL"

    /// The text that stands for a value in a table: NULL as `NULL`, and a value that reads `NULL` in quotes, so that the
    /// two are not taken for each other.
    public static func display(_ value: String?) -> String {
        guard let value else { return null }
        return value == null ? "\"NULL\"" : value
    }

    /// The table as psql prints it: headings, a rule, rows; a value of several lines goes on under itself, with `+` at the
    /// end of each line but its last.
    public func aligned() -> String {
        let headings = columns.map { TerminalText.lines($0.name) }
        let cells = rows.map { row in row.map { TerminalText.lines(Self.display($0)) } }
        var widths = headings.map(Self.width)
        for row in cells {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], Self.width(cell))
            }
        }
        var text = ""
        Self.append(headings, widths: widths, to: &text) { _ in .center }
        text += widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "\n"
        for row in cells {
            Self.append(row, widths: widths, to: &text) { columns[$0].alignsRight ? .right : .left }
        }
        return text
    }

    /// The rows one value a line, as psql's `\x` prints them: for rows wider than the terminal.
    public func vertical() -> String {
        let headings = columns.map { TerminalText.line($0.name) }
        let width = headings.map { DisplayWidth.of($0) }.max() ?? 0
        var text = ""
        for (number, row) in rows.enumerated() {
            let title = "-[ RECORD \(number + 1) ]"
            text += title + String(repeating: "-", count: max(1, width + 2 - title.count)) + "\n"
            for (heading, value) in zip(headings, row) {
                let pad = String(repeating: " ", count: width - DisplayWidth.of(heading))
                for (index, line) in TerminalText.lines(Self.display(value)).enumerated() {
                    let label = index == 0 ? heading + pad : String(repeating: " ", count: width)
                    text += label + " | " + line + "\n"
                }
            }
        }
        return text
    }

    private enum Side { case left, center, right }

    /// The widest that a column is made for the sake of one value: every row is padded to it, so that a few long values
    /// in many rows would fill the memory with blanks. A longer value stands out on its own line.
    private static let widest = 1000

    private static func width(_ lines: [String]) -> Int { min(widest, lines.map { DisplayWidth.of($0) }.max() ?? 0) }

    private static func append(_ row: [[String]], widths: [Int], to text: inout String, side: (Int) -> Side) {
        let height = row.map(\.count).max() ?? 1
        for line in 0..<height {
            var pieces: [String] = []
            for (index, width) in widths.enumerated() {
                let cell = index < row.count ? row[index] : []
                let content = line < cell.count ? cell[line] : ""
                let goesOn = line + 1 < cell.count
                pieces.append(" " + padded(content, to: width, side: side(index)) + (goesOn ? "+" : " "))
            }
            var joined = pieces.joined(separator: "|")
            while joined.last == " " { joined.removeLast() }
            text += joined + "\n"
        }
    }

    private static func padded(_ content: String, to width: Int, side: Side) -> String {
        let room = max(0, width - DisplayWidth.of(content))
        let left =
            switch side {
            case .left: 0
            case .center: room / 2
            case .right: room
            }
        return String(repeating: " ", count: left) + content + String(repeating: " ", count: room - left)
    }
}
