/// The tokens of a text one by one, for those who look for a name or an operator wherever it stands: in the body of a
/// function, or in a statement that was classified already.
///
/// It reads as PostgreSQL's scanner does, and allocates nothing for a token.
public struct LexemeReader {
    /// What a token is, as far as such a search wants to know it.
    public enum Kind: Sendable {
        /// A word that is not quoted: a name or a keyword.
        case word
        /// A quoted name.
        case quotedName
        /// A string of any kind.
        case string
        /// An operator.
        case `operator`
        case leftParenthesis, rightParenthesis, dot
        /// Anything else.
        case other
    }

    /// A token and where it stands.
    public struct Lexeme: Sendable {
        /// What it is.
        public let kind: Kind
        /// Its bytes in the text.
        public let range: Range<Int>
        let token: Token

        /// Whether it can be a name.
        public var isName: Bool { kind == .word || kind == .quotedName }
    }

    private var lexer: Lexer

    /// Lends a reader of a text.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - body: what to do with the reader, which must not be kept.
    /// - Returns: what `body` returns.
    public static func read<Result>(_ text: String, _ body: (inout LexemeReader) -> Result) -> Result {
        var copy = text
        return copy.withUTF8 { bytes in
            var nothing: UInt8 = 0
            return withUnsafePointer(to: &nothing) { empty in
                var reader = LexemeReader(lexer: Lexer(bytes, empty: empty))
                return body(&reader)
            }
        }
    }

    private init(lexer: Lexer) { self.lexer = lexer }

    /// The next token; nil at the end, or where the text cannot be read on.
    public mutating func next() -> Lexeme? {
        let token = lexer.next()
        let kind: Kind
        switch token.kind {
        case .end: return nil
        case .word: kind = .word
        case .quotedName, .unicodeName: kind = .quotedName
        case .string, .bits: kind = .string
        case .operator: kind = .operator
        case .leftParenthesis: kind = .leftParenthesis
        case .rightParenthesis: kind = .rightParenthesis
        case .dot: kind = .dot
        default: kind = .other
        }
        return Lexeme(kind: kind, range: token.start..<token.end, token: token)
    }

    /// Whether the text could not be read to its end.
    public var isFaulty: Bool { lexer.fault != nil }

    /// A name as the server compares it: unquoted, folded and cut.
    public func name(of lexeme: Lexeme) -> String { Identifier.name(of: lexeme.token, in: lexer.bytes) }

    /// The bytes of a token as text.
    public func text(of lexeme: Lexeme) -> String {
        String(
            decoding: UnsafeBufferPointer(start: lexer.bytes + lexeme.range.lowerBound, count: lexeme.range.count),
            as: UTF8.self)
    }

    /// Lines and columns of places in the text; those that come in ascending order cost one pass in all.
    public func location(of offset: Int) -> SourceLocation {
        var lines = LineCounter(lexer.bytes, count: lexer.count)
        return lines.location(of: offset)
    }
}
