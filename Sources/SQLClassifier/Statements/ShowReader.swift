/// SHOW: one setting by name, or one of four phrases.
extension StatementReader {
    /// Reads a SHOW statement; SHOW is in hand.
    mutating func readShow(from start: Int) -> Statement {
        cursor.advance()
        let place = cursor.current.start
        let names = settingName()
        if names.isEmpty { confuse("SHOW is followed by \(describe(cursor.current)), which is no setting.", at: place) }
        mentions.add(names, .setting, at: lines.location(of: place))
        var end = cursor.previous.end
        if cursor.current.kind != .end, cursor.current.kind != .semicolon {
            confuse("SHOW is followed by more than the name of a setting.")
        }
        while cursor.current.kind != .end, cursor.current.kind != .semicolon {
            end = cursor.current.end
            cursor.advance()
        }
        let finding = disorder.map { reason(of: $0) }
        return statement("SHOW", finding == nil ? .read : .unknown, start..<end, reason: finding)
    }

    private mutating func settingName() -> [String] {
        let first = cursor.current
        let second = cursor.following
        switch (first.keyword, second.keyword) {
        case (.time, .zone): return take(2, ["timezone"])
        case (.session, .authorization): return take(2, ["session_authorization"])
        case (.transaction, .isolation):
            cursor.advance()
            guard cursor.following.keyword == .level else { return [] }
            return take(2, ["transaction_isolation"])
        case (.all, _): return take(1, ["all"])
        default: break
        }
        guard first.isName else { return [] }
        switch cursor.category(first.keyword) {
        case .reserved, .typeFunctionName: return []
        case .unreserved, .columnName: break
        }
        var names = [cursor.name(of: first)]
        cursor.advance()
        while cursor.current.kind == .dot, cursor.following.isName {
            cursor.advance()
            names.append(cursor.name(of: cursor.current))
            cursor.advance()
        }
        return names
    }

    private mutating func take(_ count: Int, _ names: [String]) -> [String] {
        for _ in 0..<count { cursor.advance() }
        return names
    }
}
