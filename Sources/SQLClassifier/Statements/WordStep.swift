/// The words that begin clauses, and those that begin a query.
extension StatementReader {
    /// A name or keyword.
    mutating func name() {
        switch frame.step {
        case .body: bodyWord()
        case .first: firstWord()
        case .queryBegin: queryWord()
        case .cycleTail where cursor.current.keyword != .using: bodyWord()
        default: withWord()
        }
    }

    /// The first word of a frame decides what the frame is.
    private mutating func firstWord() {
        let keyword = cursor.current.keyword
        switch frame.kind {
        case .query:
            if !beginsQuery(keyword) {
                confuse("A query is missing here: \(describe(cursor.current)) stands in its place.")
            }
            beginQuery(keyword)
        case .withItem:
            if beginsQuery(keyword) {
                beginQuery(keyword)
            } else if Self.changesRows(keyword) {
                note(.writingCTE, "\(describe(cursor.current)) within WITH changes rows.")
                beginRowChange(keyword)
            } else {
                confuse("WITH is followed by \(describe(cursor.current)), which is no query.")
                frame.step = .body
            }
        case .rowChange: beginRowChange(keyword)
        default:
            if beginsQuery(keyword) {
                beginQuery(keyword)
            } else {
                frame.step = .body
                bodyWord()
            }
        }
    }

    /// The word behind UNION, INTERSECT or EXCEPT.
    private mutating func queryWord() {
        let keyword = cursor.current.keyword
        switch keyword {
        case .all, .distinct:
            let isFirst =
                switch cursor.previous.keyword {
                case .union, .intersect, .except: true
                default: false
                }
            if !isFirst { unexpected() }
        case .select, .values, .table: beginQuery(keyword)
        default: unexpected()
        }
    }

    /// Whether the word in hand begins a query. VALUES is also the name of a column or table.
    private func beginsQuery(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .select, .table, .with: true
        case .values: cursor.following.kind == .leftParenthesis
        default: false
        }
    }

    static func changesRows(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .insert, .update, .delete, .merge: true
        default: false
        }
    }

    mutating func beginQuery(_ keyword: Keyword) {
        frame.kind = .query
        frame.step = keyword == .with ? .withBegin : .body
        frame.inFrom = false
        frame.expectsRelation = keyword == .table
    }

    mutating func beginRowChange(_ keyword: Keyword) {
        frame.kind = .rowChange
        frame.step = .body
        frame.expectsRelation = keyword == .update
        if stack.isEmpty { head.rowChange = keyword }
    }

    /// A word in the body of a frame: of a query, a statement, or an expression.
    mutating func bodyWord() {
        switch cursor.current.keyword {
        case .notAKeyword: chain()
        case .into: intoWord()
        case .for: forWord()
        case .from: fromWord()
        case .join: joinWord()
        case .as: frame.expectsRelation = false
        case .lateral, .only, .not: break
        case .exists where frame.expectsRelation && frame.kind == .command: break
        case .where, .having, .limit, .offset, .fetch, .window, .order, .returning: endFrom()
        case .group: if cursor.previous.keyword != .within { endFrom() }
        case .set: if frame.kind == .rowChange { endFrom() } else { keywordAsName() }
        case .on:
            frame.expectsRelation = frame.kind == .command
            if cursor.previous.keyword == .distinct { nextBracket = .prefix }
        case .union, .intersect, .except: setOperation()
        case .table: if frame.kind == .command { frame.expectsRelation = true }
        case .using:
            // Behind MERGE INTO t; behind DELETE FROM t the list goes on, and JOIN … USING (…) is within a list.
            if frame.kind == .rowChange, !frame.inFrom || cursor.following.kind != .leftParenthesis {
                frame.inFrom = true
                frame.expectsRelation = true
            }
        case .select:
            if frame.kind == .command { beginQuery(.select) } else { endFromUnlessLabel() }
        case .with:
            if frame.kind == .command, cursor.previous.keyword == .as || cursor.previous.keyword == .for {
                beginQuery(.with)
            }
            if isExpression, stack.isEmpty, cursor.following.keyword != .time { clauseInExpression() }
        case .create, .grant:
            if frame.kind != .command { confuse("\(describe(cursor.current)) stands where a query cannot have it.") }
        default: keywordAsName()
        }
    }

    private mutating func endFrom() {
        frame.inFrom = false
        frame.expectsRelation = false
        clauseInExpression()
    }

    private mutating func endFromUnlessLabel() {
        if frame.kind == .rowChange {
            frame.inFrom = false
            frame.expectsRelation = false
        }
    }

    private mutating func clauseInExpression() {
        if isExpression, stack.isEmpty {
            confuse("\(describe(cursor.current)) stands where one expression is expected.")
        }
    }

    /// INTO is a reserved word, so behind a query it creates a table and nothing else.
    private mutating func intoWord() {
        clauseInExpression()
        switch frame.kind {
        case .rowChange, .command: frame.expectsRelation = true
        default:
            note(.into, "SELECT … INTO creates a table.")
            frame.expectsRelation = true
        }
    }

    private mutating func forWord() {
        if frame.kind == .wordedCall { return }
        clauseInExpression()
        let after = cursor.following
        switch after.keyword {
        case .update, .share, .no, .key:
            lockTag =
                lockTag
                ?? {
                    switch after.keyword {
                    case .update: "SELECT FOR UPDATE"
                    case .share: "SELECT FOR SHARE"
                    case .no: "SELECT FOR NO KEY UPDATE"
                    default: "SELECT FOR KEY SHARE"
                    }
                }()
            note(.rowLock, "FOR \(describe(after)) locks rows.")
        case .read, .ordinality: break
        default:
            if cursor.previous.keyword == .collation, after.kind == .leftParenthesis {
                mention(["pg_catalog", "pg_collation_for"], .call)
            } else if frame.kind != .command {
                confuse("FOR is followed by \(describe(after)), which is not understood.")
            }
        }
    }

    /// FROM begins a list of relations, but not in EXTRACT and its like, nor in IS DISTINCT FROM.
    private mutating func fromWord() {
        if frame.kind == .wordedCall { return }
        if cursor.previous.keyword == .distinct {
            switch cursor.beforePrevious.keyword {
            case .is, .not: return
            default: break
            }
        }
        clauseInExpression()
        frame.inFrom = true
        frame.expectsRelation = true
    }

    private mutating func joinWord() {
        let isCall =
            cursor.following.kind == .leftParenthesis && !endsOperand && !Self.precedesJoin(cursor.previous.keyword)
        // An alias may be a keyword, so that within a list of relations this can be either; then it is taken for both.
        if isCall, !frame.inFrom { return chain() }
        if isCall { mention(["join"], .call) }
        if frame.inFrom { frame.expectsRelation = true }
    }

    private static func precedesJoin(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .left, .right, .full, .inner, .outer, .cross, .natural: true
        default: false
        }
    }

    private mutating func setOperation() {
        clauseInExpression()
        frame.inFrom = false
        frame.expectsRelation = false
        if frame.kind != .rowChange, frame.kind != .command {
            frame.kind = .query
            frame.step = .queryBegin
        }
    }
}
