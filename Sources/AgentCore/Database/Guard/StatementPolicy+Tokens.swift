internal import SQLClassifier

/// Operators and casts, which have no name among the mentions of a statement.
extension StatementPolicy {
    mutating func examineTokens() {
        let catalog = catalog
        // A type that is written gives a value of it.
        if catalog.types.isEmpty == false { noteTypes() }
        let hasSource = finding.hazards.contains(.castSource)
        let casts = catalog.casts.filter { hasSource || !$0.needsSource }
        let found = LexemeReader.read(sql) { reader -> (PolicyCatalog.Entry, SourceLocation, Bool)? in
            var window: [LexemeReader.Lexeme] = []
            while let token = reader.next() {
                defer {
                    window.append(token)
                    if window.count > 2 { window.removeFirst() }
                }
                guard token.kind == .operator || token.kind == .word || token.kind == .quotedName else { continue }
                let isOperator = token.kind == .operator
                let word =
                    isOperator ? OperatorWords.canonical(reader.text(of: token)) : reader.name(of: token)
                var signs: [String] = []
                if isOperator {
                    signs = [word]
                } else if token.kind == .word, window.last?.kind != .dot {
                    signs = OperatorWords.implied[word] ?? []
                }
                for sign in signs {
                    let schema = isOperator ? Self.schema(of: window, &reader) : nil
                    for entry in catalog.reachable(catalog.operators[sign], schema: schema)
                    where entry.hazards.contains(.running) {
                        return (entry, reader.location(of: token.range.lowerBound), true)
                    }
                }
                for cast in casts where cast.matches(word) {
                    return (cast.entry, reader.location(of: token.range.lowerBound), false)
                }
            }
            return nil
        }
        guard let (entry, location, isOperator) = found else {
            // What the operator allowed may have been used.
            for entries in catalog.operators.values {
                for entry in entries { finding.hazards.formUnion(entry.hazards.intersection(.allowed)) }
            }
            return
        }
        finding.failure = .refusedObject(
            isOperator ? "the operator" : "the cast",
            QueryFailure.RefusedName(name: entry.title, why: entry.why, location: location, remedy: entry.remedy),
            sql: sql)
    }

    private mutating func noteTypes() {
        for mention in statement.types {
            for entry in catalog.reachableTypes(mention.name.name, schema: mention.name.schema) {
                finding.hazards.formUnion(entry.hazards)
            }
        }
    }

    /// The schema in `OPERATOR(schema.+)` or `OPERATOR(database.schema.+)`, of which the tokens before the sign are at hand.
    private static func schema(of window: [LexemeReader.Lexeme], _ reader: inout LexemeReader) -> String? {
        guard window.count >= 2, window[window.count - 1].kind == .dot, window[window.count - 2].isName else {
            return nil
        }
        return reader.name(of: window[window.count - 2])
    }
}
