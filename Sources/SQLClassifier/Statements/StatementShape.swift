/// What a person has to know of a statement that changes something, read off its tokens: which words it consists of, and
/// which rows it changes without a condition.
///
/// Made for statements that ``SQLClassifier`` has already told apart. It looks at every depth, so that a DELETE within a WITH
/// clause or behind EXPLAIN counts too, and rather finds one change too many than one too few.
public struct StatementShape: Sendable, Hashable {
    /// INSERT, UPDATE, DELETE or MERGE, wherever it stands.
    public struct RowChange: Sendable, Hashable {
        /// `INSERT`, `UPDATE`, `DELETE` or `MERGE`.
        public let command: String
        /// Whether a WHERE belongs to it: one at its own depth, not in a subquery.
        public internal(set) var hasWhere: Bool
        /// Whether its WHERE, or one side of an OR in it, names no column, so that it may be true of every row:
        /// `WHERE true`, `WHERE id = 5 OR 1 = 1`, and a name compared to itself, `WHERE id = id`. Of a MERGE, its ON.
        public internal(set) var hasIdleWhere = false
        /// Where it begins, in bytes from the start of the text.
        public let offset: Int
    }

    /// The first words outside brackets, keywords in capitals, any other name as an empty string; at most 64.
    public private(set) var words: [String] = []
    /// The keywords outside brackets, in capitals, of the whole statement.
    public private(set) var keywords: Set<String> = []
    /// The keywords of the first pair of brackets when it comes before any other name: the options of `VACUUM (FULL)` or
    /// `REINDEX (CONCURRENTLY)`.
    public private(set) var optionWords: [String] = []
    /// Every change of rows, in order.
    public private(set) var rowChanges: [RowChange] = []
    /// Whether an unquoted or quoted name holds a character outside ASCII, which may look like another.
    public private(set) var hasNonASCIIName = false

    private static let kept = 64
    /// More changes than this are not listed; nobody would read them.
    private static let mostChanges = 1000

    /// Reads a statement.
    ///
    /// - Parameters:
    ///   - sql: the whole text.
    ///   - range: the bytes of the statement, as ``Statement/range`` has them.
    public init(of sql: String, in range: Range<Int>) {
        var copy = sql
        copy.withUTF8 { bytes in
            guard let base = bytes.baseAddress, range.lowerBound >= 0, range.upperBound <= bytes.count, !range.isEmpty
            else { return }
            read(base + range.lowerBound, count: range.count, from: range.lowerBound)
        }
    }

    private mutating func read(_ base: UnsafePointer<UInt8>, count: Int, from start: Int) {
        var lexer = Lexer(UnsafeBufferPointer(start: base, count: count), empty: base)
        /// For each open bracket, and for the statement itself, the change of rows that a WHERE belongs to.
        var changes: [Int32] = [-1]
        var previous = Token(.semicolon, 0, 0)
        var token = lexer.next()
        // The WHERE that is being read. One in a subquery of it belongs to no change of rows.
        var clause: WhereClause?
        while token.kind != .end {
            let following = lexer.next()
            clause?.take(token, after: previous)
            if let ended = clause, ended.isOver {
                rowChanges[ended.change].hasIdleWhere = ended.isIdle(base)
                clause = nil
            }
            switch token.kind {
            case .leftParenthesis, .leftBracket: changes.append(-1)
            case .rightParenthesis, .rightBracket:
                if changes.count > 1 { changes.removeLast() }
            case .semicolon: changes[changes.count - 1] = -1
            case .word, .quotedName, .unicodeName:
                if !hasNonASCIIName {
                    hasNonASCIIName = (token.start..<token.end).contains { base[$0] >= 0x80 }
                }
                let isLabel = previous.kind == .dot || previous.keyword == .as && token.keyword != .with
                let keyword = isLabel ? .notAKeyword : token.keyword
                note(keyword, depth: changes.count - 1)
                if keyword == .where {
                    let index = Int(changes[changes.count - 1])
                    if index >= 0 {
                        rowChanges[index].hasWhere = true
                        if clause == nil { clause = WhereClause(of: index) }
                    }
                } else if keyword == .on, let index = changes.last, index >= 0,
                    rowChanges[Int(index)].command == "MERGE"
                {
                    // The last one: those before it belong to joins of what is merged.
                    clause = WhereClause(of: Int(index))
                } else if Self.beginsChange(keyword, previous, following), rowChanges.count < Self.mostChanges {
                    changes[changes.count - 1] = Int32(rowChanges.count)
                    rowChanges.append(
                        RowChange(
                            command: KeywordTable.shared.capitals(of: keyword), hasWhere: false,
                            offset: start + token.start))
                }
            default: break
            }
            previous = token
            token = following
        }
        if let clause { rowChanges[clause.change].hasIdleWhere = clause.isIdle(base) }
    }

    private mutating func note(_ keyword: Keyword, depth: Int) {
        let isKeyword = keyword != .notAKeyword
        if depth == 0 {
            if words.count < Self.kept { words.append(isKeyword ? KeywordTable.shared.capitals(of: keyword) : "") }
            if isKeyword { keywords.insert(KeywordTable.shared.capitals(of: keyword)) }
        } else if depth == 1, isKeyword, !words.contains(""), optionWords.count < Self.kept {
            optionWords.append(KeywordTable.shared.capitals(of: keyword))
        }
    }

    /// Whether a word begins a change of rows: by the word itself, by what may stand before a statement, and by what has to
    /// stand behind it.
    private static func beginsChange(_ keyword: Keyword, _ previous: Token, _ following: Token) -> Bool {
        switch keyword {
        case .delete: guard following.keyword == .from else { return false }
        case .insert, .merge: guard following.keyword == .into else { return false }
        case .update:
            guard following.isName, following.keyword == .only || isPlainName(following) else { return false }
            // ON CONFLICT DO UPDATE SET.
            if previous.keyword == .do, following.keyword == .set { return false }
        default: return false
        }
        switch previous.kind {
        case .semicolon, .leftParenthesis, .rightParenthesis: return true
        default: break
        }
        switch previous.keyword {
        // EXPLAIN ANALYZE, a body of a routine, the action of a rule.
        case .explain, .analyze, .analyse, .verbose, .atomic, .instead, .also, .do: return true
        // CREATE TRIGGER … BEFORE UPDATE OF, FOR NO KEY UPDATE OF.
        case .before, .after, .of, .key: return false
        // The path of CYCLE and the column of SEARCH end a WITH clause with a name.
        default: return previous.isName && isPlainName(previous)
        }
    }

    /// Whether a word can be the name of a table or a column.
    static func isPlainName(_ token: Token) -> Bool {
        switch KeywordTable.shared.category(of: token.keyword) {
        case .unreserved, .columnName: true
        case .typeFunctionName, .reserved: false
        }
    }
}
