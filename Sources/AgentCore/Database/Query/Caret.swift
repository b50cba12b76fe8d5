internal import SQLClassifier

/// Shows a place in a text: its line, and a caret under it, as psql does.
enum Caret {
    /// The most characters of a line that are shown.
    private static let window = 100

    /// The line with the place, and the caret below it.
    ///
    /// - Parameters:
    ///   - text: the statement.
    ///   - location: a place in it.
    static func lines(in text: String, at location: SourceLocation) -> String {
        let scalars = text.unicodeScalars
        let utf8 = text.utf8
        guard location.offset >= 0, location.offset <= utf8.count else { return "" }
        let place = utf8.index(utf8.startIndex, offsetBy: location.offset)
        // Only what is shown is walked: a line can have ten million characters.
        var start = place
        var before = 0
        while before < window / 2, start > scalars.startIndex {
            let previous = scalars.index(before: start)
            if isLineEnd(scalars[previous]) { break }
            start = previous
            before += 1
        }
        let cutBefore = start > scalars.startIndex && !isLineEnd(scalars[scalars.index(before: start)])
        var end = place
        var after = 0
        while after < window - before, end < scalars.endIndex, !isLineEnd(scalars[end]) {
            end = scalars.index(after: end)
            after += 1
        }
        let cutAfter = end < scalars.endIndex && !isLineEnd(scalars[end])
        let label = "LINE \(location.line): " + (cutBefore ? "..." : "")
        let shown = SafeText.cleanLine(String(scalars[start..<end]))
        let indent = label.unicodeScalars.count + before
        return label + shown + (cutAfter ? "..." : "") + "\n" + String(repeating: " ", count: indent) + "^"
    }

    /// The place of a character.
    ///
    /// - Parameters:
    ///   - text: the statement.
    ///   - character: PostgreSQL's position: from 1, in characters, which are Unicode scalars.
    /// - Returns: nil when the text is shorter.
    static func location(in text: String, character: Int) -> SourceLocation? {
        guard character > 0 else { return nil }
        var offset = 0
        var line = 1
        var column = 1
        var counted = 1
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if counted == character { break }
            offset += UTF8.width(scalar)
            counted += 1
            if scalar == "\n" && previous == "\r" {
                column = 1
            } else if isLineEnd(scalar) {
                line += 1
                column = 1
            } else {
                column += 1
            }
            previous = scalar
        }
        return counted == character ? SourceLocation(offset: offset, line: line, column: column) : nil
    }

    /// The place of a byte.
    ///
    /// - Parameters:
    ///   - text: the statement.
    ///   - offset: bytes of UTF-8 before the place, at the start of a character.
    /// - Returns: nil when the text is shorter.
    static func location(in text: String, offset: Int) -> SourceLocation? {
        guard offset >= 0, offset < text.utf8.count else { return nil }
        let end = text.utf8.index(text.utf8.startIndex, offsetBy: offset)
        return location(in: text, character: text.unicodeScalars[..<end].count + 1)
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }
}

/// Text of others made safe to show.
enum SafeText {
    /// The most bytes of a message that are shown.
    static let maximumBytes = 4096

    /// A message with its lines, without characters that steer a terminal or hide text, and cut when it is long.
    static func clean(_ text: String) -> String { clean(text, keepingLines: true) }

    /// The same on one line, each character replaced by one.
    static func cleanLine(_ text: String) -> String { clean(text, keepingLines: false) }

    private static func clean(_ text: String, keepingLines: Bool) -> String {
        var result = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > maximumBytes {
                result.append("…")
                break
            }
            switch scalar {
            case "\n" where keepingLines: result.append(scalar)
            case "\t": result.append(" ")
            default: result.append(PlainText.isControl(scalar) ? "\u{FFFD}" : scalar)
            }
        }
        return String(result)
    }
}
