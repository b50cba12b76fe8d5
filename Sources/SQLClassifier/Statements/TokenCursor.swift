/// The token in hand, the one before and the one after: all the look-ahead that the reader needs.
struct TokenCursor {
    fileprivate var lexer: Lexer
    /// The token in hand.
    private(set) var current: Token
    /// The token after it.
    private(set) var following: Token
    /// The token before it.
    private(set) var previous: Token
    /// The token before that.
    private(set) var beforePrevious: Token
    /// How many tokens were read, for tests of linear time.
    private(set) var tokensRead = 2

    init(_ lexer: Lexer) {
        self.lexer = lexer
        previous = Token(.end, 0, 0)
        beforePrevious = previous
        current = self.lexer.next()
        following = self.lexer.next()
    }

    var fault: LexicalFault? { lexer.fault }
    var bytes: UnsafePointer<UInt8> { lexer.bytes }

    mutating func advance() {
        beforePrevious = previous
        previous = current
        current = following
        following = lexer.next()
        tokensRead += 1
    }

    /// Takes its meaning from the word in hand: it is a label here.
    mutating func makeLabel() { current.keyword = .notAKeyword }

    /// Forgets what came before, at the beginning of a statement.
    mutating func forgetPrevious() {
        previous = Token(.end, current.start, current.start)
        beforePrevious = previous
    }

    func category(_ keyword: Keyword) -> KeywordCategory { lexer.keywords.category(of: keyword) }

    /// A keyword in capitals, as messages name it.
    func capitals(_ keyword: Keyword) -> String { lexer.keywords.capitals(of: keyword) }

    func name(of token: Token) -> String { Identifier.name(of: token, in: lexer.bytes) }
}

extension TokenCursor {
    /// The text of a token.
    func text(_ token: Token) -> String {
        String(
            decoding: UnsafeBufferPointer(start: lexer.bytes + token.start, count: token.end - token.start),
            as: UTF8.self)
    }

    /// Whether the token behind the following one is an opening bracket. Reads ahead without moving; used once in a
    /// statement, so that time stays linear.
    var bracketFollowsNext: Bool {
        var ahead = lexer
        return ahead.next().kind == .leftParenthesis
    }
}
