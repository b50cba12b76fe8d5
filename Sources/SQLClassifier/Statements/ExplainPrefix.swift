/// What stands between EXPLAIN and the statement that it explains.
struct ExplainPrefix {
    /// Whether the statement is run.
    var executes = false
    /// What was not understood of the options.
    var finding: StatementReader.Finding?
}

extension StatementReader {
    /// Reads `ANALYZE`, `VERBOSE` or a list of options; the token behind EXPLAIN is in hand.
    mutating func readExplainPrefix() -> ExplainPrefix {
        var prefix = ExplainPrefix()
        switch cursor.current.keyword {
        case .analyze, .analyse:
            prefix.executes = true
            cursor.advance()
            if cursor.current.keyword == .verbose { cursor.advance() }
        case .verbose: cursor.advance()
        default:
            if cursor.current.kind == .leftParenthesis, beginsOptions {
                cursor.advance()
                readOptions(into: &prefix)
            }
        }
        cursor.forgetPrevious()
        return prefix
    }

    /// Whether the bracket in hand opens options and not a query. VALUES is a query only before a bracket.
    private var beginsOptions: Bool {
        switch cursor.following.keyword {
        case .select, .with, .table: false
        case .values: !cursor.bracketFollowsNext
        default: cursor.following.kind != .leftParenthesis
        }
    }

    private mutating func readOptions(into prefix: inout ExplainPrefix) {
        while true {
            readOption(into: &prefix)
            if cursor.current.kind == .comma {
                cursor.advance()
            } else if cursor.current.kind == .rightParenthesis {
                cursor.advance()
                return
            } else {
                refuse("The options of EXPLAIN hold \(describe(cursor.current)), which is not understood.", &prefix)
                return
            }
        }
    }

    private mutating func refuse(_ message: String, _ prefix: inout ExplainPrefix) {
        if prefix.finding == nil {
            prefix.finding = Finding(code: .explain, message: message, offset: cursor.current.start)
        }
    }

    /// The options that versions 14 to 18 have, and those of the extensions that come with them.
    private static let harmlessOptions: Set<String> = [
        "verbose", "costs", "settings", "generic_plan", "buffers", "serialize", "wal", "timing", "summary", "memory",
        "format", "debug", "range_table",
    ]

    private mutating func readOption(into prefix: inout ExplainPrefix) {
        guard cursor.current.isName else {
            return refuse("The options of EXPLAIN hold \(describe(cursor.current)), which is not understood.", &prefix)
        }
        let isAnalyze: Bool
        switch cursor.current.keyword {
        case .analyze, .analyse: isAnalyze = true
        default:
            let name = cursor.name(of: cursor.current)
            isAnalyze = name == "analyze"
            if !isAnalyze, !Self.harmlessOptions.contains(name) {
                refuse("EXPLAIN has an option that is not known.", &prefix)
            }
        }
        cursor.advance()
        let value = readOptionValue(into: &prefix)
        guard isAnalyze else { return }
        switch value {
        case nil, "true", "on", "1": prefix.executes = true
        case "false", "off", "0": prefix.executes = false
        default:
            prefix.executes = true
            refuse("ANALYZE has a value that is not understood.", &prefix)
        }
    }

    /// The value in hand in lower case, nil when there is none.
    private mutating func readOptionValue(into prefix: inout ExplainPrefix) -> String? {
        let token = cursor.current
        switch token.kind {
        case .comma, .rightParenthesis: return nil
        case .word, .quotedName, .unicodeName:
            cursor.advance()
            return Identifier.fold(cursor.name(of: token))
        case .number:
            cursor.advance()
            return cursor.text(token)
        case .string:
            cursor.advance()
            let text = cursor.text(token)
            // Only a plain literal: '…' with nothing in it that needs to be read.
            guard text.utf8.first == UInt8(ascii: "'"), text.utf8.count < 32 else { return "" }
            let contents = Identifier.fold(String(text.dropFirst().dropLast()))
            // A digit in quotes is no number to the server.
            return contents.utf8.contains(where: { $0.isDigit }) ? "" : contents
        case .operator:
            cursor.advance()
            if cursor.current.kind == .number { cursor.advance() }
            return ""
        default:
            refuse("The options of EXPLAIN hold \(describe(token)), which is not understood.", &prefix)
            return ""
        }
    }
}
