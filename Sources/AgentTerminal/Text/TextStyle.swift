/// How text looks. Kept apart from the text, so that no text can bring a look of its own along.
public struct TextStyle: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt16

    /// A style of these bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// As it is.
    public static let plain: TextStyle = []
    /// Bold.
    public static let bold = TextStyle(rawValue: 1 << 0)
    /// Less bright.
    public static let dim = TextStyle(rawValue: 1 << 1)
    /// Slanted.
    public static let italic = TextStyle(rawValue: 1 << 2)
    /// Underlined.
    public static let underline = TextStyle(rawValue: 1 << 3)
    /// Struck through.
    public static let struck = TextStyle(rawValue: 1 << 4)
    /// Red: errors.
    public static let red = TextStyle(rawValue: 1 << 5)
    /// Green: what went well.
    public static let green = TextStyle(rawValue: 1 << 6)
    /// Yellow: warnings.
    public static let yellow = TextStyle(rawValue: 1 << 7)
    /// Cyan: code and headings.
    public static let cyan = TextStyle(rawValue: 1 << 8)

    /// The parameters of SGR (ECMA-48, 8.3.117).
    var parameters: String {
        let codes: [(TextStyle, String)] = [
            (.bold, "1"), (.dim, "2"), (.italic, "3"), (.underline, "4"), (.struck, "9"), (.red, "31"), (.green, "32"),
            (.yellow, "33"), (.cyan, "36"),
        ]
        return codes.filter { contains($0.0) }.map(\.1).joined(separator: ";")
    }
}

/// Whether styles are shown.
public enum Palette: Sendable, Hashable {
    /// Text alone: `NO_COLOR`, a dumb terminal, a file.
    case plain
    /// With the sequences of ECMA-48.
    case ansi
}
