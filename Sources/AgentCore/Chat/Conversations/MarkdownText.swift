internal import MCPProtocol

/// Text from anywhere, made fit for Markdown (CommonMark 0.31 with GitHub's tables): it says what it says, and neither leaves the
/// place where it stands nor has a reader's program load anything.
enum MarkdownText {
    /// A text as words of one line: nothing in it is markup.
    static func words(_ text: String) -> String {
        var result = ""
        for scalar in PlainText.escaped(text).unicodeScalars {
            // Any ASCII punctuation may be escaped (CommonMark, "Backslash escapes").
            if isPunctuation(scalar) { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    /// A block of code. The fence is longer than any within the text.
    ///
    /// - Parameters:
    ///   - text: The text; characters that do not show have been made visible.
    ///   - language: What it is.
    static func fence(_ text: String, language: String = "text") -> String {
        var longest = 0
        var run = 0
        for byte in text.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return "\(fence)\(language)\n\(text)\n\(fence)"
    }

    /// What somebody said, which may be Markdown, as a quotation: whatever it holds, it ends where the quotation does. Raw HTML
    /// and images are no markup in it, since they make a reader's program ask another machine for them.
    static func quote(_ text: String) -> String {
        let lines = visible(text).split(separator: "\n", omittingEmptySubsequences: false)
        let code = codeLines(lines)
        return lines.enumerated().map { index, line in
            "> " + (code[index] ? String(line) : harmless(line))
        }.joined(separator: "\n")
    }

    /// A result as a table; nil when it has no rows. Behind it stands what is missing.
    ///
    /// - Parameter result: A result as `POST /query` answers it.
    static func table(_ result: JSONValue) -> [String]? {
        guard let columns = result["columns"]?.array, !columns.isEmpty, let rows = result["rows"]?.array else {
            return nil
        }
        var lines = [
            row(columns.map { cell($0["name"] ?? "") }), row(columns.map { _ in "---" }),
        ]
        for values in rows.prefix(ConversationExport.shownRows) {
            let cells = (values.array ?? []).prefix(columns.count).map { cell($0) }
            lines.append(row(cells + Array(repeating: "", count: columns.count - cells.count)))
        }
        var blocks = [lines.joined(separator: "\n")]
        if rows.count > ConversationExport.shownRows {
            blocks.append("*(\(rows.count - ConversationExport.shownRows) more rows are in the export as JSON)*")
        }
        for warning in result["warnings"]?.array ?? [] {
            if let text = warning.string { blocks.append("*" + words(text) + "*") }
        }
        return blocks
    }

    private static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

    private static func cell(_ value: JSONValue) -> String {
        let text: String
        switch value {
        case .null: return "*null*"
        case .string(let string): text = string
        default: text = value.description
        }
        let limit = ConversationExport.shownCell
        // Bytes first: counting characters takes time.
        guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return words(text) }
        return words(String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))) + "…"
    }

    /// Line feeds and tabs stay; every other character that steers, hides or reorders is shown as an escape.
    private static func visible(_ text: String) -> String {
        var result = ""
        var lastWasReturn = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\r": result += "\n"
            case "\n" where lastWasReturn: break
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default:
                if PlainText.isControl(scalar) {
                    result += PlainText.escaped(String(scalar))
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
            lastWasReturn = scalar == "\r"
        }
        return result
    }

    /// Without raw HTML and images.
    private static func harmless(_ line: Substring) -> String {
        var result = ""
        var previous: Unicode.Scalar = " "
        for scalar in line.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case "[" where previous == "!": result += "\\["
            default: result.unicodeScalars.append(scalar)
            }
            previous = scalar
        }
        return result
    }

    /// Which lines are certainly within a fenced block of code, or its fences, for every reader of Markdown.
    ///
    /// Only fences at the first column count, since others may belong to a list. Where a fence stands at any other place, what
    /// is code cannot be told so simply, and no line is.
    private static func codeLines(_ lines: [Substring]) -> [Bool] {
        var code: [Bool] = []
        var open: (mark: UInt8, length: Int)?
        for line in lines {
            // Bytes: a character may be a mark with an accent, which is a mark to a reader.
            let line = line.utf8
            guard let fence = open else {
                guard hasMarks(line) else {
                    code.append(false)
                    continue
                }
                let mark = line.first ?? 0
                let length = line.prefix { $0 == mark }.count
                // What follows names the language; a backtick there would make it no fence.
                guard isMark(mark), length >= 3, !line.dropFirst(length).contains(where: isMark) else {
                    return lines.map { _ in false }
                }
                open = (mark, length)
                code.append(true)
                continue
            }
            code.append(true)
            let indent = line.prefix { $0 == 0x20 }.count
            let marks = line.dropFirst(indent).prefix { $0 == fence.mark }.count
            let rest = line.dropFirst(indent + marks)
            if indent <= 3, marks >= fence.length, rest.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { open = nil }
        }
        return code
    }

    private static func isMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "`") || byte == UInt8(ascii: "~") }

    /// Whether three marks of one kind stand side by side.
    private static func hasMarks(_ line: Substring.UTF8View) -> Bool {
        var run = 0
        var previous: UInt8 = 0
        for byte in line {
            run = isMark(byte) ? (byte == previous ? run + 1 : 1) : 0
            if run == 3 { return true }
            previous = byte
        }
        return false
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E:
            // These are markup nowhere within a line; without a backslash they are easier to read.
            !(scalar == "," || scalar == "'" || scalar == "\"" || scalar == "/" || scalar == "%" || scalar == ";"
                || scalar == "?")
        default: false
        }
    }
}
