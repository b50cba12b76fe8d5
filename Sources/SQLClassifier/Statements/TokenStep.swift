/// One token at a time: brackets, and the words that matter where they stand.
extension StatementReader {
    /// Takes the token in hand into account.
    mutating func step() {
        let token = cursor.current
        if token.kind == .word, token.keyword != .notAKeyword, isLabel() { cursor.makeLabel() }
        if head.isCommand, stack.isEmpty { head.see(cursor.current, after: cursor.previous, isLabel: endsOperand) }
        switch token.kind {
        case .leftParenthesis: open()
        case .leftBracket:
            settleFirst()
            push(Frame(kind: .elements, step: .body))
        case .rightParenthesis: close(.rightParenthesis)
        case .rightBracket: close(.rightBracket)
        case .word, .quotedName, .unicodeName: name()
        case .comma: comma()
        case .semicolon: semicolon()
        case .dot: settleThen { $0.attributes() }
        case .string:
            // name(…) 'text' is a literal of a type with modifiers.
            if cursor.previous.kind == .rightParenthesis, lastClosed == .call, lastClosedMention >= 0 {
                mentions.addTypeOfCall(Int(lastClosedMention))
            }
            settleFirst()
        default: settleFirst()
        }
    }

    /// Whether the word in hand can only be a label: behind a dot, behind AS, behind NAME in XMLELEMENT.
    private func isLabel() -> Bool {
        if cursor.previous.kind == .dot { return true }
        if cursor.previous.keyword == .as {
            // WITH x AS MATERIALIZED, CREATE TABLE x AS SELECT.
            return frame.step != .withAs && !(frame.kind == .command && stack.isEmpty)
        }
        return frame.kind == .xmlNamed && cursor.previous.keyword == .name
            && cursor.beforePrevious.kind == .leftParenthesis
    }

    private mutating func settleThen(_ body: (inout StatementReader) -> Void) {
        settleFirst()
        body(&self)
    }

    /// A token that begins no query stands first in a frame.
    mutating func settleFirst() {
        switch frame.step {
        case .body: return
        case .first:
            switch frame.kind {
            case .query: confuse("A query is missing here: \(describe(cursor.current)) stands in its place.")
            case .withItem: confuse("WITH is followed by a statement that is not understood.")
            default: break
            }
            frame.step = .body
        case .cycleTail: return
        default: unexpected()
        }
    }

    mutating func unexpected() {
        confuse("\(describe(cursor.current).firstUppercased) stands where a WITH clause or a query cannot have it.")
        frame.step = .body
    }

    mutating func push(_ new: Frame) {
        stack.append(frame)
        frame = new
    }

    private mutating func open() {
        var new = Frame(kind: nextBracket ?? .expression)
        new.mention = nextMention
        nextBracket = nil
        nextMention = -1
        switch frame.step {
        case .withAfterName:
            new.kind = .columns
            frame.step = .withAfterColumns
        case .withAs, .withMaterialized:
            new.kind = .withItem
            frame.step = .withAfterItem
        case .withAfterItem, .queryBegin:
            new.kind = .query
            frame.step = .body
        case .first where frame.kind == .query || frame.kind == .withItem:
            new.kind = .query
            frame.kind = .query
            frame.step = .body
        case .first, .body:
            frame.step = .body
            if new.kind == .expression, frame.expectsRelation {
                new.kind = .fromItem
                new.inFrom = true
                new.expectsRelation = true
            } else if cursor.previous.keyword == .as {
                new.kind = .columns
            }
        case .cycleTail: break
        default: unexpected()
        }
        frame.expectsRelation = false
        push(new)
    }

    private mutating func close(_ bracket: Token.Kind) {
        let isSubscript = frame.kind == .elements
        guard let outer = stack.last, isSubscript == (bracket == .rightBracket) else {
            confuse("A closing bracket stands here without its partner.", code: .unbalanced)
            return
        }
        checkComplete(at: cursor.current.start)
        lastClosed = frame.kind
        lastClosedMention = frame.mention
        stack.removeLast()
        frame = outer
    }

    private mutating func comma() {
        switch frame.step {
        case .withAfterItem: frame.step = .withName
        case .searchComma: frame.step = .searchColumn
        case .cycleComma: frame.step = .cycleColumn
        default:
            settleFirst()
            if frame.inFrom { frame.expectsRelation = true }
        }
        if isExpression, stack.isEmpty { confuse("A comma stands where one expression is expected.") }
    }

    private mutating func semicolon() {
        if isExpression || (!stack.isEmpty && head.first.keyword != .create) {
            confuse("A semicolon stands inside brackets.", code: .unbalanced)
        }
        // Between two statements of a BEGIN ATOMIC body.
        if stack.isEmpty { frame = Frame(kind: .command, step: .body) }
    }

    /// `.name` behind a closing bracket, a subscript or a parameter: field selection, or a call by attribute notation.
    private mutating func attributes() {
        while cursor.current.kind == .dot, cursor.following.isName {
            cursor.advance()
            cursor.makeLabel()
            let kind: Mention.Kind = cursor.following.kind == .leftParenthesis ? .call : .attribute
            mentions.add([cursor.name(of: cursor.current)], kind, at: lines.location(of: cursor.current.start))
            if cursor.following.kind != .dot { return }
            cursor.advance()
        }
    }
}

extension String {
    fileprivate var firstUppercased: String { prefix(1).uppercased() + dropFirst() }
}
