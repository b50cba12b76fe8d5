/// One line of text that a terminal can only show: the only thing that is ever written to one.
///
/// However it is made, characters that a terminal would act on are replaced by what names them (`\x1B`); how it looks is kept
/// beside the text. So text of a database, a model or a person cannot be written raw by mistake.
public struct SafeText: Sendable, Hashable, ExpressibleByStringLiteral {
    struct Span: Sendable, Hashable {
        var text: String
        var style: TextStyle
    }

    private(set) var spans: [Span] = []

    /// Text of any origin on one line: line ends and tabs are shown as `\n` and `\t`.
    ///
    /// - Parameters:
    ///   - raw: The text.
    ///   - style: How it looks.
    public init(_ raw: String, _ style: TextStyle = .plain) {
        append(clean: TerminalText.line(raw), style)
    }

    /// A text of the program's own.
    public init(stringLiteral value: String) { self.init(value) }

    /// Text of any origin, a line each.
    ///
    /// - Parameters:
    ///   - raw: The text.
    ///   - style: How it looks.
    public static func lines(_ raw: String, _ style: TextStyle = .plain) -> [SafeText] {
        TerminalText.lines(raw).map { line in
            var text = SafeText("")
            text.append(clean: line, style)
            return text
        }
    }

    /// The text without its styles.
    public var text: String { spans.map(\.text).joined() }

    /// How many columns it takes.
    public var width: Int { spans.reduce(0) { $0 + DisplayWidth.of($1.text) } }

    /// Whether there is nothing to see.
    public var isEmpty: Bool { spans.isEmpty }

    /// Puts another text behind this one.
    public mutating func append(_ other: SafeText) {
        for span in other.spans { append(clean: span.text, span.style) }
    }

    /// One text behind the other.
    public static func + (left: SafeText, right: SafeText) -> SafeText {
        var both = left
        both.append(right)
        return both
    }

    /// Blanks.
    ///
    /// - Parameter count: How many; none when negative.
    public static func blanks(_ count: Int) -> SafeText {
        SafeText(String(repeating: " ", count: max(0, count)))
    }

    /// The text with a style added everywhere.
    public func styled(_ style: TextStyle) -> SafeText {
        var other = SafeText("")
        for span in spans { other.append(clean: span.text, span.style.union(style)) }
        return other
    }

    /// Appends what is known to hold no control character.
    mutating func append(clean text: String, _ style: TextStyle) {
        guard !text.isEmpty else { return }
        if let last = spans.indices.last, spans[last].style == style {
            spans[last].text += text
        } else {
            spans.append(Span(text: text, style: style))
        }
    }

    /// The bytes for the terminal.
    ///
    /// - Parameter palette: Whether styles are shown.
    func rendered(_ palette: Palette) -> String {
        guard palette == .ansi else { return text }
        var result = ""
        for span in spans {
            let parameters = span.style.parameters
            result += parameters.isEmpty ? span.text : "\u{1B}[\(parameters)m\(span.text)\u{1B}[0m"
        }
        return result
    }
}
