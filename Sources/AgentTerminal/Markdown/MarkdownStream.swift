/// Makes lines for a terminal of Markdown that comes in pieces.
///
/// A line that it gives out is final and is never drawn again; what is not complete yet, such as a table whose widest cell may
/// still come, is given as ``pending(width:)`` for whoever can draw it again. Blocks: headings, paragraphs, lists, quotes, code
/// between fences, tables, rules.
public struct MarkdownStream: Sendable {
    private enum Block: Sendable, Hashable {
        case none
        case paragraph([String])
        case table([String])
        case code(fence: String)
    }

    /// How long a line or a block grows before it is given out as it is.
    private static let longestBlock = 1 << 16

    private var block = Block.none
    private var blockBytes = 0
    private var line = ""
    private var hasOutput = false
    private var lastWasBlank = true

    /// Nothing has come.
    public init() {}

    /// Reads on.
    ///
    /// - Parameters:
    ///   - text: The next piece.
    ///   - width: How many columns the terminal has.
    /// - Returns: The lines that are final.
    public mutating func feed(_ text: String, width: Int) -> [SafeText] {
        var lines: [SafeText] = []
        for scalar in text.unicodeScalars {
            if scalar == "\n" {
                end(line: line, width, &lines)
                line = ""
            } else {
                line.unicodeScalars.append(scalar)
                if line.utf8.count > Self.longestBlock {
                    end(line: line, width, &lines)
                    line = ""
                }
            }
        }
        return lines
    }

    /// Nothing more comes.
    ///
    /// - Parameter width: How many columns the terminal has.
    /// - Returns: The rest of the lines; the stream is as new afterwards.
    public mutating func finish(width: Int) -> [SafeText] {
        var lines: [SafeText] = []
        if !line.isEmpty { end(line: line, width, &lines) }
        endBlock(width, &lines)
        while let last = lines.last, last.text.isEmpty { lines.removeLast() }
        self = MarkdownStream()
        return lines
    }

    /// What would come if nothing more came.
    ///
    /// - Parameter width: How many columns the terminal has.
    public func pending(width: Int) -> [SafeText] {
        var copy = self
        return copy.finish(width: width)
    }

    private mutating func end(line raw: String, _ width: Int, _ lines: inout [SafeText]) {
        let line = raw.last == "\r" ? String(raw.dropLast()) : raw
        let trimmed = String(line.drop { $0 == " " || $0 == "\t" })
        if case .code(let fence) = block {
            if trimmed.hasPrefix(fence), trimmed.allSatisfy({ $0 == fence.first || $0 == " " }) {
                block = .none
            } else {
                emit(SafeText.lines(line, .cyan).flatMap { Self.indented($0, width) }, &lines)
            }
            return
        }
        if trimmed.isEmpty {
            endBlock(width, &lines)
            if hasOutput, !lastWasBlank {
                lines.append("")
                lastWasBlank = true
            }
            return
        }
        if let fence = ["```", "~~~"].first(where: trimmed.hasPrefix) {
            endBlock(width, &lines)
            block = .code(fence: fence)
            return
        }
        switch block {
        case .table(let rows):
            guard !trimmed.contains("|") || blockBytes > Self.longestBlock else {
                block = .table(rows + [line])
                blockBytes += line.utf8.count
                return
            }
            endBlock(width, &lines)
        case .paragraph(let words):
            if let heading = words.last, heading.contains("|"), Self.isDelimiterRow(trimmed) {
                block = .paragraph(Array(words.dropLast()))
                endBlock(width, &lines)
                block = .table([heading, line])
                blockBytes = heading.utf8.count + line.utf8.count
                return
            }
        default: break
        }
        if let alone = Self.alone(line, trimmed, width) {
            endBlock(width, &lines)
            emit(alone, &lines)
        } else if case .paragraph(let words) = block, blockBytes < Self.longestBlock / 8 {
            block = .paragraph(words + [trimmed])
            blockBytes += trimmed.utf8.count
        } else {
            endBlock(width, &lines)
            block = .paragraph([trimmed])
            blockBytes = trimmed.utf8.count
        }
    }

    private mutating func emit(_ new: [SafeText], _ lines: inout [SafeText]) {
        lines += new
        hasOutput = hasOutput || !new.isEmpty
        lastWasBlank = false
    }

    private mutating func endBlock(_ width: Int, _ lines: inout [SafeText]) {
        switch block {
        case .none, .code: break
        case .paragraph(let words):
            if !words.isEmpty {
                emit(InlineMarkdown.text(words.joined(separator: " ")).wrapped(to: width - 1), &lines)
            }
        case .table(let rows): emit(MarkdownTable.lines(rows, width: width), &lines)
        }
        block = .none
        blockBytes = 0
    }

    /// The lines of a block that is one line of Markdown; nil when the line is none.
    private static func alone(_ line: String, _ trimmed: String, _ width: Int) -> [SafeText]? {
        let width = max(2, width - 1)
        let hashes = trimmed.prefix { $0 == "#" }.count
        if (1...6).contains(hashes), trimmed.dropFirst(hashes).first == " " {
            let words = trimmed.dropFirst(hashes + 1).reversed().drop { $0 == "#" || $0 == " " }.reversed()
            return InlineMarkdown.text(String(words), hashes < 3 ? [.bold, .underline] : .bold).wrapped(to: width)
        }
        if let first = trimmed.first, "-*_".contains(first), trimmed.count >= 3,
            trimmed.allSatisfy({ $0 == first || $0 == " " })
        {
            return [SafeText(String(repeating: "─", count: min(width, 40)), .dim)]
        }
        if trimmed.first == ">" {
            let words = trimmed.drop { $0 == ">" || $0 == " " }
            let bar = SafeText("│ ", .dim)
            return InlineMarkdown.text(String(words), .italic).wrapped(to: width, first: bar, rest: bar)
        }
        guard let item = listItem(trimmed) else { return nil }
        let indent = min(width / 2, line.prefix { $0 == " " }.count + 4 * line.prefix { $0 == "\t" }.count)
        let first = SafeText.blanks(indent) + SafeText(item.mark + " ")
        return InlineMarkdown.text(item.text)
            .wrapped(to: width, first: first, rest: SafeText.blanks(first.width))
    }

    private static func listItem(_ line: String) -> (mark: String, text: String)? {
        if let first = line.first, "-*+".contains(first), line.dropFirst().first == " " {
            return ("•", String(line.dropFirst(2)))
        }
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        let rest = line.dropFirst(digits.count)
        guard (1...9).contains(digits.count), let mark = rest.first, mark == "." || mark == ")",
            rest.dropFirst().first == " "
        else { return nil }
        return (digits + String(mark), String(rest.dropFirst(2)))
    }

    private static func indented(_ line: SafeText, _ width: Int) -> [SafeText] {
        line.cut(to: max(2, width - 3)).map { SafeText("  ") + $0 }
    }

    private static func isDelimiterRow(_ line: String) -> Bool {
        line.contains("-") && line.contains("|") && line.allSatisfy { "|-: \t".contains($0) }
    }
}
