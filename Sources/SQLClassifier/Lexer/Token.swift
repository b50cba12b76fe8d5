/// A token as PostgreSQL's scanner yields it: where it lies, and what it is. Its text stays where it was.
struct Token {
    enum Kind: UInt8 {
        /// The end of the text, or the place where reading stopped for an error.
        case end
        /// An unquoted name or keyword.
        case word
        /// `"…"`
        case quotedName
        /// `U&"…"`, with its UESCAPE if it has one.
        case unicodeName
        /// Any string: `'…'`, `E'…'`, `U&'…'`, `$tag$…$tag$`, with its continuations.
        case string
        /// `B'…'` or `X'…'`.
        case bits
        case number
        /// `$1`
        case parameter
        case leftParenthesis, rightParenthesis, leftBracket, rightBracket
        case comma, semicolon, dot, dotDot, colon, typecast, colonEquals
        /// `=>`, as the sign of a named argument.
        case arrow
        /// An operator, a single-character one too.
        case `operator`
    }

    var kind: Kind
    /// The keyword that an unquoted word spells. The reader clears it where the word can only be a label.
    var keyword: Keyword
    /// Byte offsets in the text.
    var start: Int
    var end: Int

    init(_ kind: Kind, _ start: Int, _ end: Int, keyword: Keyword = .notAKeyword) {
        self.kind = kind
        self.keyword = keyword
        self.start = start
        self.end = end
    }

    /// Whether the token can be a name or a part of one.
    var isName: Bool { kind == .word || kind == .quotedName || kind == .unicodeName }
}

/// What stopped the lexer.
struct LexicalFault {
    let code: Reason.Code
    let message: String
    let offset: Int
}
