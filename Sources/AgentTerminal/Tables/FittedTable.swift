/// Lays cells out in columns that fit a width: columns that are too wide give room away, and their cells go on below.
struct FittedTable {
    enum Side: Sendable, Hashable { case left, center, right }

    /// The columns of a column below which nothing can be read.
    private static let narrowest = 6
    /// The widest that a column is made.
    private static let widest = 1000

    var headings: [[SafeText]]
    var rows: [[[SafeText]]]
    var sides: [Side]
    /// Whether each line break within a value is marked with `+`, as psql does.
    var marksBreaks = false

    /// The lines; nil when the columns do not fit.
    ///
    /// - Parameter width: How many columns the terminal has.
    func lines(width: Int) -> [SafeText]? {
        guard !headings.isEmpty, let widths = widths(within: width) else { return nil }
        var lines: [SafeText] = []
        append(headings.map { $0.map { $0.styled(.bold) } }, widths, &lines, sides: headings.map { _ in .center })
        let rule = widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+")
        lines.append(SafeText(rule, .dim))
        for row in rows { append(row, widths, &lines, sides: sides) }
        return lines
    }

    /// The width of each column: the widest are cut down to one common width, so that narrow ones stay as they are.
    private func widths(within width: Int) -> [Int]? {
        var natural = headings.map(Self.width)
        for row in rows {
            for (index, cell) in row.enumerated() where index < natural.count {
                natural[index] = max(natural[index], Self.width(cell))
            }
        }
        // A blank on both sides of each column, a bar between two.
        let room = width - 3 * natural.count + 1
        if natural.reduce(0, +) <= room { return natural }
        var rest = room
        var open = natural.count
        var cap = 0
        for wanted in natural.sorted() {
            cap = rest / open
            if wanted > cap { break }
            rest -= wanted
            open -= 1
        }
        guard cap >= Self.narrowest else { return nil }
        return natural.map { min($0, cap) }
    }

    private static func width(_ cell: [SafeText]) -> Int { min(widest, max(1, cell.map(\.width).max() ?? 1)) }

    private func append(_ row: [[SafeText]], _ widths: [Int], _ lines: inout [SafeText], sides: [Side]) {
        let bar = SafeText("|", .dim)
        let cells = widths.indices.map { index in
            index < row.count
                ? row[index].flatMap { $0.width > widths[index] ? $0.wrapped(to: widths[index]) : [$0] } : []
        }
        let height = cells.map(\.count).max() ?? 1
        for number in 0..<max(1, height) {
            var line = SafeText("")
            for (index, width) in widths.enumerated() {
                let cell = number < cells[index].count ? cells[index][number] : ""
                let room = max(0, width - cell.width)
                let left =
                    switch sides[index] {
                    case .left: 0
                    case .center: room / 2
                    case .right: room
                    }
                let isLast = index == widths.count - 1
                line.append(SafeText.blanks(left + 1) + cell)
                let goesOn = marksBreaks && number + 1 < cells[index].count
                if goesOn {
                    line.append(SafeText.blanks(room - left) + SafeText("+", .dim))
                } else if !isLast {
                    line.append(SafeText.blanks(room - left + 1))
                }
                if !isLast { line.append(bar) }
            }
            lines.append(line)
        }
    }
}

extension TextTable {
    /// The table for a terminal: in columns where they fit, else one value a line.
    ///
    /// - Parameter width: How many columns the terminal has.
    public func fitted(to width: Int) -> [SafeText] {
        guard !columns.isEmpty else { return [] }
        let table = FittedTable(
            headings: columns.map { SafeText.lines($0.name) },
            rows: rows.map { row in row.map { value in Self.cell(value) } },
            sides: columns.map { $0.alignsRight ? .right : .left }, marksBreaks: true)
        return table.lines(width: width) ?? verticalLines(width: width)
    }

    private static func cell(_ value: String?) -> [SafeText] {
        SafeText.lines(display(value), value == nil ? .dim : .plain)
    }

    private func verticalLines(width: Int) -> [SafeText] {
        let headings = columns.map { SafeText($0.name, .bold).shortened(to: max(4, width / 3)) }
        let widest = headings.map(\.width).max() ?? 0
        var lines: [SafeText] = []
        for (number, row) in rows.enumerated() {
            let title = "-[ RECORD \(number + 1) ]"
            lines.append(SafeText(title + String(repeating: "-", count: max(1, widest + 2 - title.count)), .dim))
            for (heading, value) in zip(headings, row) {
                let label = heading + SafeText.blanks(widest - heading.width)
                let bar = SafeText(" | ", .dim)
                for (index, line) in Self.cell(value).enumerated() {
                    let before = (index == 0 ? label : SafeText.blanks(widest)) + bar
                    lines += line.wrapped(
                        to: max(width, widest + 8), first: before, rest: SafeText.blanks(widest) + bar)
                }
            }
        }
        return lines
    }
}
