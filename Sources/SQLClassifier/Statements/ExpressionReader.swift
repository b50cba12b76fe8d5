/// Reads a text that must be one expression.
extension StatementReader {
    /// Why the text cannot stand between brackets as one expression, or nil.
    mutating func readExpression() -> Reason? {
        isExpression = true
        frame = Frame(kind: .expression)
        head.first = Token(.end, 0, 0)
        switch cursor.current.keyword {
        case .select, .table, .with: confuse("\(describe(cursor.current)) stands where one expression is expected.")
        case .values where cursor.following.kind == .leftParenthesis:
            confuse("VALUES stands where one expression is expected.")
        default: break
        }
        if cursor.current.kind == .end, cursor.fault == nil {
            confuse("The text holds no expression.", code: .empty, at: 0)
        }
        frame.step = .body
        while cursor.current.kind != .end {
            if stack.isEmpty, cursor.current.keyword == .as, cursor.previous.kind != .dot {
                confuse("AS stands where one expression is expected.")
            }
            step()
            cursor.advance()
        }
        if let fault = cursor.fault {
            return Reason(code: fault.code, message: fault.message, location: lines.location(of: fault.offset))
        }
        if !stack.isEmpty {
            confuse("A bracket that was opened is not closed.", code: .unbalanced, at: cursor.previous.end)
        }
        return (disorder ?? effectFinding).map { reason(of: $0) }
    }
}
