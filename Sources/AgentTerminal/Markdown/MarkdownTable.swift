/// A table of Markdown (GitHub Flavored Markdown, 4.10) as one that fits the terminal.
enum MarkdownTable {
    /// The lines for the terminal.
    ///
    /// - Parameters:
    ///   - source: The lines of Markdown: headings, delimiters, rows.
    ///   - width: How many columns the terminal has.
    static func lines(_ source: [String], width: Int) -> [SafeText] {
        guard source.count >= 2 else { return source.flatMap { SafeText.lines($0) } }
        let headings = cells(source[0])
        let sides: [FittedTable.Side] = cells(source[1]).map { mark in
            switch (mark.hasPrefix(":"), mark.hasSuffix(":")) {
            case (true, true): .center
            case (false, true): .right
            default: .left
            }
        }
        let table = FittedTable(
            headings: headings.map { [InlineMarkdown.text($0)] },
            rows: source.dropFirst(2).map { line in cells(line).prefix(headings.count).map { [InlineMarkdown.text($0)] }
            },
            sides: headings.indices.map { $0 < sides.count ? sides[$0] : .left })
        if let lines = table.lines(width: width - 1) { return lines }
        // Too narrow for columns: each row as a list.
        return source.dropFirst(2).flatMap { line in
            zip(headings, cells(line)).flatMap { heading, value in
                (InlineMarkdown.text(heading, .bold) + ": " + InlineMarkdown.text(value))
                    .wrapped(to: max(2, width - 1), rest: "  ")
            } + [""]
        }
    }

    /// The cells of a line; `\|` is a bar within one.
    private static func cells(_ line: String) -> [String] {
        var cells: [String] = []
        var cell = ""
        var isEscaped = false
        for character in line {
            if character == "|", !isEscaped {
                cells.append(trimmed(cell))
                cell = ""
            } else {
                if character == "|" { cell.removeLast() }
                cell.append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        cells.append(trimmed(cell))
        if cells.first == "" { cells.removeFirst() }
        if cells.last == "" { cells.removeLast() }
        return cells
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
