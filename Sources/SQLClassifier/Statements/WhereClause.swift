/// The WHERE of a change of rows, or the ON of a MERGE, by its words: whether it holds anything back.
///
/// A condition that names no column is the same for every row; so is one side of an OR that names none, and a name compared
/// to itself. What is taken for a column may be something else, so that it rather says too little: it is for a mark on a
/// question, and not for a decision.
struct WhereClause {
    /// The change of rows that it belongs to.
    let change: Int
    /// Whether its last token was taken.
    private(set) var isOver = false
    private var tokens: [Token] = []
    private var depth = 0
    private var cases = 0

    /// A longer condition is not looked at: somebody has thought about it.
    private static let most = 4096

    init(of change: Int) { self.change = change }

    /// Takes the next token behind the word WHERE.
    mutating func take(_ token: Token, after previous: Token) {
        switch token.kind {
        case .leftParenthesis, .leftBracket: depth += 1
        case .rightParenthesis, .rightBracket: depth -= 1
        default: break
        }
        let isReturning = token.keyword == .returning && depth == 0 && previous.kind != .dot
        // MERGE … ON … WHEN MATCHED, and not a CASE.
        if token.keyword == .case { cases += 1 }
        if token.keyword == .end { cases -= 1 }
        let isWhen = token.keyword == .when && depth == 0 && cases <= 0 && previous.kind != .dot
        if depth < 0 || token.kind == .semicolon || isReturning || isWhen || tokens.count > Self.most {
            isOver = true
        } else {
            tokens.append(token)
        }
    }

    /// Whether it, or one side of an OR in it, names no column.
    func isIdle(_ base: UnsafePointer<UInt8>) -> Bool {
        guard tokens.count <= Self.most else { return false }
        var levels = [Level()]
        var index = 0
        while index < tokens.count {
            let token = tokens[index]
            let last = levels.count - 1
            switch token.kind {
            case .leftParenthesis, .leftBracket: levels.append(Level(isQuery: beginsQuery(index + 1)))
            case .rightParenthesis, .rightBracket:
                if levels.count > 1, let inner = levels.popLast() {
                    if inner.isIdle { return true }
                    if inner.hasColumn { levels[levels.count - 1].take() }
                }
            case .word where token.keyword == .or:
                if levels[last].endSide() { return true }
            case .word, .quotedName, .unicodeName:
                let chain = endOfName(index)
                if isColumn(index, chain) {
                    if let end = endOfComparisonToItself(index, chain, base) {
                        index = end
                    } else {
                        levels[last].take()
                        index = chain
                    }
                }
            default: break
            }
            index += 1
        }
        return levels.contains { $0.isIdle } || !levels[0].sideHasColumn
    }

    /// What was seen within one pair of brackets, or in the clause itself.
    private struct Level {
        /// Whether it is a query of its own, whose conditions are not the clause's.
        var isQuery = false
        /// Whether a column is named since the last OR.
        var sideHasColumn = false
        var hasColumn = false
        var hasOr = false

        /// Whether the last side of an OR names no column.
        var isIdle: Bool { hasOr && !isQuery && !sideHasColumn }

        mutating func take() { (sideHasColumn, hasColumn) = (true, true) }

        /// Ends a side of an OR; whether that side names no column.
        mutating func endSide() -> Bool {
            defer { (sideHasColumn, hasOr) = (false, true) }
            return !isQuery && !sideHasColumn
        }
    }

    private func beginsQuery(_ index: Int) -> Bool {
        guard index < tokens.count else { return false }
        return [.select, .with, .values, .table].contains(tokens[index].keyword)
    }

    /// The last token of a name with its qualifiers.
    private func endOfName(_ start: Int) -> Int {
        var end = start
        while end + 2 < tokens.count, tokens[end + 1].kind == .dot, tokens[end + 2].isName { end += 2 }
        return end
    }

    /// Whether a name may be a column: no keyword that cannot be one, no function and no type of a cast.
    private func isColumn(_ start: Int, _ end: Int) -> Bool {
        let token = tokens[start]
        if start > 0, tokens[start - 1].kind == .typecast { return false }
        if end + 1 < tokens.count, tokens[end + 1].kind == .leftParenthesis { return false }
        guard token.kind == .word, start == end else { return true }
        return token.keyword != .between && token.keyword != .exists && StatementShape.isPlainName(token)
    }

    /// The end of `id = id`; nil when that is not what stands there.
    private func endOfComparisonToItself(_ start: Int, _ end: Int, _ base: UnsafePointer<UInt8>) -> Int? {
        let second = end + 2
        guard second < tokens.count, tokens[end + 1].kind == .operator, tokens[second].isName,
            isEquality(tokens[end + 1], base), isEdge(start - 1)
        else { return nil }
        let last = endOfName(second)
        guard isColumn(second, last), isEdge(last + 1) else { return nil }
        let (left, right) = (names(start, end, base), names(second, last, base))
        return left == right ? last : nil
    }

    /// Whether an operator is true of equals.
    private func isEquality(_ token: Token, _ base: UnsafePointer<UInt8>) -> Bool {
        let sign = UnsafeBufferPointer(start: base + token.start, count: token.end - token.start)
        return ["=", "<=", ">="].contains { $0.utf8.elementsEqual(sign) }
    }

    /// Whether a condition may begin or end here.
    private func isEdge(_ index: Int) -> Bool {
        guard tokens.indices.contains(index) else { return true }
        let token = tokens[index]
        switch token.kind {
        case .leftParenthesis, .rightParenthesis: return true
        case .word: return token.keyword == .and || token.keyword == .or
        default: return false
        }
    }

    private func names(_ start: Int, _ end: Int, _ base: UnsafePointer<UInt8>) -> [String] {
        stride(from: start, through: end, by: 2).map { Identifier.name(of: tokens[$0], in: base) }
    }
}
