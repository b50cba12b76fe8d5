/// The beginning of a statement and the few things farther on that decide its command tag.
struct StatementHead {
    /// Words kept: `CREATE OR REPLACE TEMPORARY RECURSIVE VIEW` is the longest beginning that matters.
    private static let kept = 8

    /// The first token, behind EXPLAIN and its options.
    var first = Token(.end, 0, 0)
    /// INSERT, UPDATE, DELETE or MERGE, when the statement is one, behind its WITH.
    var rowChange: Keyword?
    /// The first words outside brackets, with `.notAKeyword` for names.
    private(set) var words: [Keyword] = []
    /// Whether AS stands outside brackets.
    private(set) var hasAs = false
    /// Whether ON stands outside brackets.
    private(set) var hasOn = false
    /// How many BEGIN ATOMIC bodies are open.
    private var bodies = 0
    /// How many CASE are open within the body.
    private var cases = 0

    /// Whether a semicolon belongs to a body and does not end the statement.
    var isInsideBody: Bool { bodies > 0 }

    /// Whether the statement is neither a query nor a change of rows.
    var isCommand: Bool {
        switch first.keyword {
        case .select, .values, .table, .with, .insert, .update, .delete, .merge: false
        default: first.kind == .word
        }
    }

    /// Takes a token outside brackets into account.
    ///
    /// - Parameters:
    ///   - token: the token.
    ///   - previous: the one before it.
    ///   - isLabel: whether an operand ends before it, so that CASE is a label.
    mutating func see(_ token: Token, after previous: Token, isLabel: Bool) {
        guard token.kind == .word else {
            if words.count < Self.kept, token.isName { words.append(.notAKeyword) }
            return
        }
        if words.isEmpty { words.reserveCapacity(Self.kept) }
        if words.count < Self.kept { words.append(token.keyword) }
        switch token.keyword {
        case .as: hasAs = true
        case .on: hasOn = true
        case .atomic where previous.keyword == .begin && isRoutine:
            bodies += 1
            cases = 0
        case .case where bodies > 0 && !isLabel: cases += 1
        case .end where bodies > 0:
            // Every statement of a body ends in a semicolon, so an END elsewhere is a label.
            if cases > 0 {
                cases -= 1
            } else if previous.kind == .semicolon || previous.keyword == .atomic {
                bodies -= 1
            }
        default: break
        }
    }

    private var isRoutine: Bool {
        first.keyword == .create && words.prefix(4).contains { $0 == .function || $0 == .procedure }
    }
}
