/// Makes text from a database safe to print on a terminal.
///
/// A value may hold escape sequences that move the cursor, set the title or paint over what was printed before, and
/// bidirectional controls that show text in another order than it is stored. None of them reaches the terminal: each
/// is shown as psql shows it (`\x1B`), or as `\u202E` beyond ASCII.
public enum TerminalText {
    /// The lines of `text`, each without a character that the terminal would act on. Tabs become spaces up to the next
    /// multiple of eight, as psql prints them; LF and CR LF end a line, any other CR is shown as `\r`.
    public static func lines(_ text: String) -> [String] {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return [text] }
        var lines: [String] = []
        var line = ""
        var column = 0
        for character in text {
            if character == "\n" || character == "\r\n" {
                lines.append(line)
                line = ""
                column = 0
            } else if character == "\t" {
                let blanks = 8 - column % 8
                line += String(repeating: " ", count: blanks)
                column += blanks
            } else {
                var piece = ""
                append(character, to: &piece)
                line += piece
                column += DisplayWidth.of(piece)
            }
        }
        lines.append(line)
        return lines
    }

    /// `text` on one line: as ``lines(_:)``, with line ends and tabs shown as `\n` and `\t`.
    public static func line(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var line = ""
        for character in text {
            switch character {
            case "\n": line += "\\n"
            case "\r\n": line += "\\r\\n"
            case "\t": line += "\\t"
            default: append(character, to: &line)
            }
        }
        return line
    }

    private static func append(_ character: Character, to line: inout String) {
        for scalar in character.unicodeScalars {
            if ControlCharacter.isControl(scalar) {
                line += escaped(scalar)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        if scalar == "\r" { return "\\r" }
        let hex = String(scalar.value, radix: 16, uppercase: true)
        if scalar.value < 0x80 { return "\\x" + (hex.count < 2 ? "0" + hex : hex) }
        return "\\u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    }
}
