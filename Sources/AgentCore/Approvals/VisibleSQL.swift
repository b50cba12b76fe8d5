/// SQL as a person is shown it: every character can be seen for what it is.
///
/// Line feeds, tabs and spaces stay, and so does all that has a shape of its own. Characters that steer a terminal, turn the
/// direction of writing or show nothing at all stand as `⟨U+202E⟩`; the bracket `⟨` itself as `⟨U+27E8⟩`, so that no two texts
/// look the same.
public enum VisibleSQL {
    /// The text to show.
    ///
    /// - Parameter sql: The exact SQL.
    public static func text(_ sql: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in sql.unicodeScalars {
            if isPlain(scalar) {
                shown.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                shown.append(
                    contentsOf: "⟨U+\(String(repeating: "0", count: max(0, 4 - digits.utf8.count)))\(digits)⟩"
                        .unicodeScalars)
            }
        }
        return String(shown)
    }

    /// Whether some characters of the text are shown by their numbers.
    static func hasHidden(_ sql: String) -> Bool { sql.unicodeScalars.contains { !isPlain($0) } }

    /// Whether the text has letters that are written from right to left: next to them a terminal may show the rest in another
    /// order than it has (Unicode Standard Annex 9), without any character that says so.
    static func hasRightToLeft(_ sql: String) -> Bool {
        sql.unicodeScalars.contains { scalar in
            switch scalar.value {
            case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFE, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
            default: false
            }
        }
    }

    /// Whether the text has a stretch of white space that could push a part of it out of sight.
    static func hasGap(_ sql: String) -> Bool {
        var spaces = 0
        var lines = 0
        for scalar in sql.unicodeScalars {
            switch scalar.value {
            case 0x0A:
                lines += 1
                spaces = 0
            case 0x20, brailleBlank: spaces += 1
            case 0x09: spaces += 8
            default:
                spaces = 0
                lines = 0
            }
            if spaces > 60 || lines > 5 { return true }
        }
        return false
    }

    /// A symbol by its category, and a blank to the eye.
    private static let brailleBlank: UInt32 = 0x2800

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x09, 0x20...0x7E: return true
        case 0..<0x20, 0x7F..<0xA0, 0x27E8, brailleBlank: return false
        default: break
        }
        let properties = scalar.properties
        if properties.isDefaultIgnorableCodePoint { return false }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }
}
