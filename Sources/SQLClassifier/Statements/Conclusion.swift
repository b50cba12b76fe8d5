/// What follows from all that was found about a statement.
extension StatementReader {
    mutating func reason(of finding: Finding) -> Reason {
        Reason(code: finding.code, message: finding.message, location: lines.location(of: finding.offset))
    }

    func statement(
        _ tag: String, _ effect: Effect, _ range: Range<Int>, explain: ExplainPrefix? = nil, reason: Reason?
    ) -> Statement {
        Statement(
            commandTag: tag, effect: effect, range: range, functions: mentions.functions, relations: mentions.relations,
            types: mentions.types, settings: mentions.settings,
            executes: explain?.executes ?? false, isExplain: explain != nil, reason: reason)
    }

    /// The statement that was read, judged.
    mutating func conclude(range: Range<Int>, explain: ExplainPrefix?) -> Statement {
        if let fault = cursor.fault {
            let reason = Reason(code: fault.code, message: fault.message, location: lines.location(of: fault.offset))
            return statement(explain == nil ? "" : "EXPLAIN", .unknown, range, explain: explain, reason: reason)
        }
        let (tag, finding) = judge()
        guard let explain else {
            return statement(tag.tag, tag.effect, range, reason: finding.map { reason(of: $0) })
        }
        if let disorder {
            return statement("EXPLAIN", .unknown, range, explain: explain, reason: reason(of: disorder))
        }
        if let refused = explain.finding {
            return statement("EXPLAIN", .unknown, range, explain: explain, reason: reason(of: refused))
        }
        guard explain.executes, let finding else {
            return statement("EXPLAIN", .read, range, explain: explain, reason: nil)
        }
        let executed = Finding(
            code: finding.code, message: "EXPLAIN ANALYZE runs the statement. \(finding.message)",
            offset: finding.offset)
        return statement("EXPLAIN", tag.effect, range, explain: explain, reason: reason(of: executed))
    }

    /// The tag and effect of the statement, EXPLAIN aside, and why it is not a read.
    private func judge() -> (CommandTag, Finding?) {
        let start = head.first.start
        if let rowChange = head.rowChange {
            let tag = CommandTag(cursor.capitals(rowChange), .write)
            return (tag, Finding(code: .writes, message: tag.tag + " changes rows.", offset: start))
        }
        if head.isCommand {
            let tag = CommandTag.read(head)
            if tag.effect == .unknown {
                let message =
                    "The statement begins with \(describe(head.first)), which begins no statement that is known."
                return (tag, disorder ?? Finding(code: .notUnderstood, message: message, offset: start))
            }
            let message = tag.tag + " is not a read."
            return (tag, Finding(code: .notARead, message: message, offset: start))
        }
        if let disorder { return (.unknown, disorder) }
        if head.first.kind != .word, head.first.kind != .leftParenthesis {
            let message = "The statement begins with \(describe(head.first)), which begins no statement that is known."
            return (.unknown, Finding(code: .notUnderstood, message: message, offset: start))
        }
        guard let effectFinding else { return (CommandTag("SELECT", .read), nil) }
        switch effectFinding.code {
        case .into: return (CommandTag("SELECT INTO", .ddl), effectFinding)
        case .rowLock: return (CommandTag(lockTag ?? "SELECT FOR UPDATE", .write), effectFinding)
        default: return (CommandTag("SELECT", .write), effectFinding)
        }
    }
}
