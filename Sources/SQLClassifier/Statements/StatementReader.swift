/// Reads a text statement by statement: where each one ends, what shape it has, which names it mentions.
///
/// Not a parser. It follows brackets, WITH clauses and the words that begin clauses, with a stack of its own instead of
/// recursion, and it knows where a word is only a label. What PostgreSQL's grammar refuses may pass as a read, since the
/// server refuses it; what the grammar accepts as anything else must not.
struct StatementReader {
    /// A finding about the statement in hand.
    struct Finding {
        let code: Reason.Code
        let message: String
        let offset: Int
    }

    /// More statements than this are not listed; such a text is no read in any case.
    static let maximumStatements = 10_000

    var cursor: TokenCursor
    var frame = Frame(kind: .command)
    var stack: [Frame] = []
    /// The kind of the brackets closed last.
    var lastClosed = Frame.Kind.expression
    var lastClosedMention: Int32 = -1
    /// The kind that the next opening bracket begins, when the word before it has decided.
    var nextBracket: Frame.Kind?
    var nextMention: Int32 = -1
    var mentions = Mentions()
    var lines: LineCounter
    /// The first thing that was not understood: the statement cannot be judged.
    var disorder: Finding?
    /// The first thing that makes a query more than a read.
    var effectFinding: Finding?
    var lockTag: String?
    var head = StatementHead()
    /// Whether the text is an expression on its own, not a statement.
    var isExpression = false

    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        lines = LineCounter(bytes, count: count)
        cursor = TokenCursor(Lexer(UnsafeBufferPointer(start: bytes, count: count), empty: bytes))
    }

    /// Reads all statements.
    mutating func readAll() -> Verdict {
        var statements: [Statement] = []
        while true {
            while cursor.current.kind == .semicolon { cursor.advance() }
            if cursor.current.kind == .end || statements.count == Self.maximumStatements { break }
            statements.append(readStatement())
        }
        return verdict(statements)
    }

    private mutating func verdict(_ statements: [Statement]) -> Verdict {
        if let fault = cursor.fault, statements.isEmpty || statements.last?.reason == nil {
            let reason = Reason(code: fault.code, message: fault.message, location: lines.location(of: fault.offset))
            return Verdict(statements: statements, effect: .unknown, reason: reason)
        }
        guard let first = statements.first else {
            let reason = Reason(
                code: .empty, message: "The text holds no statement.", location: lines.location(of: 0))
            return Verdict(statements: [], effect: .unknown, reason: reason)
        }
        if statements.count == 1 { return Verdict(statements: statements, effect: first.effect, reason: first.reason) }
        let culprit = statements.first { $0.reason != nil }
        var place = LineCounter(cursor.bytes, count: statements[1].range.upperBound)
        let reason = Reason(
            code: .severalStatements,
            message: "The text holds \(statements.count) statements, and only one can be run as a read.",
            location: place.location(of: statements[1].range.lowerBound))
        return Verdict(statements: statements, effect: culprit?.effect ?? .read, reason: reason)
    }

    /// Reads one statement, up to its semicolon or the end of the text.
    private mutating func readStatement() -> Statement {
        beginStatement()
        let start = cursor.current.start
        var explain: ExplainPrefix?
        if cursor.current.keyword == .explain {
            cursor.advance()
            explain = readExplainPrefix()
        }
        if cursor.current.keyword == .show, explain == nil { return readShow(from: start) }
        beginBody(explained: explain != nil)
        var end = cursor.previous.end
        while cursor.current.kind != .end {
            if cursor.current.kind == .semicolon, stack.isEmpty, !head.isInsideBody { break }
            step()
            end = cursor.current.end
            cursor.advance()
        }
        finishFrames(at: end)
        return conclude(range: start..<max(start, end), explain: explain)
    }

    private mutating func beginStatement() {
        stack.removeAll(keepingCapacity: true)
        frame = Frame(kind: .command)
        nextBracket = nil
        nextMention = -1
        mentions = Mentions()
        disorder = nil
        effectFinding = nil
        lockTag = nil
        head = StatementHead()
        lines.mark()
        cursor.forgetPrevious()
    }

    /// Decides by the first word what kind of statement it is.
    private mutating func beginBody(explained: Bool) {
        switch cursor.current.keyword {
        case .select, .values, .table, .with: frame = Frame(kind: .query)
        case .insert, .update, .delete, .merge: frame = Frame(kind: .rowChange)
        default: frame = Frame(kind: cursor.current.kind == .leftParenthesis ? .query : .command)
        }
        head.first = cursor.current
        if frame.kind == .command {
            if explained {
                switch cursor.current.keyword {
                case .declare, .create, .refresh, .execute: break
                default: confuse("EXPLAIN is followed by \(describe(cursor.current)), which it cannot explain.")
                }
            }
            frame.step = .body
        }
    }

    /// Everything that was opened must be closed, and nothing half read.
    private mutating func finishFrames(at end: Int) {
        guard cursor.fault == nil else { return }
        if frame.kind == .elements || !stack.isEmpty {
            confuse("A bracket that was opened is not closed.", code: .unbalanced, at: end)
        } else {
            checkComplete(at: end)
        }
    }

    /// Whether the frame in hand may end here.
    mutating func checkComplete(at offset: Int) {
        switch frame.step {
        case .body: break
        case .first:
            if frame.kind == .withItem || frame.kind == .query { confuse("A query is missing here.", at: offset) }
        default: confuse("The query ends in the middle of a clause.", at: offset)
        }
    }

    /// Notes what was not understood; only the first time counts.
    mutating func confuse(_ message: String, code: Reason.Code = .notUnderstood, at offset: Int? = nil) {
        if disorder == nil { disorder = Finding(code: code, message: message, offset: offset ?? cursor.current.start) }
    }

    /// Notes what makes a query more than a read; only the first time counts.
    mutating func note(_ code: Reason.Code, _ message: String) {
        if effectFinding == nil {
            effectFinding = Finding(code: code, message: message, offset: cursor.current.start)
        }
    }

    /// A token for a message: a keyword by its spelling, anything else by its kind, never text of unknown contents.
    func describe(_ token: Token) -> String {
        switch token.kind {
        case .end: "nothing"
        case .word:
            token.keyword == .notAKeyword ? "a name" : cursor.capitals(token.keyword)
        case .quotedName, .unicodeName: "a name"
        case .string, .bits: "a string"
        case .number: "a number"
        case .parameter: "a parameter"
        case .leftParenthesis: "an opening bracket"
        case .rightParenthesis: "a closing bracket"
        default: "a sign"
        }
    }
}
