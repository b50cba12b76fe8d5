internal import SQLClassifier

/// The query within a statement that the server reads whole only when it runs it.
///
/// Reading a plain query (`Parse`) opens the views in it and locks all that they name. In `DECLARE … CURSOR FOR` and in
/// EXPLAIN that is left to the execution, behind the second test of the catalog: a view within a view could be replaced
/// while the statement waits for its lock. So the query within is read by itself before.
enum RewrittenText {
    /// - Parameters:
    ///   - sql: a vetted statement.
    ///   - isInCursor: whether it is run as the query of a cursor.
    /// - Returns: the query to read; nil when reading the statement does all there is.
    static func of(_ sql: String, isInCursor: Bool) -> String? {
        guard let start = explained(sql) else { return isInCursor ? sql : nil }
        let inner = sql.utf8.dropFirst(start)
        return LexemeReader.read(String(inner) ?? "") { reader in
            guard let first = reader.next() else { return nil }
            if first.kind == .leftParenthesis { return String(inner) }
            // What else EXPLAIN takes is no query by itself: CREATE TABLE AS, DECLARE.
            guard first.kind == .word, queries.contains(reader.name(of: first)) else { return nil }
            return String(inner)
        }
    }

    private static let queries: Set<String> = [
        "select", "with", "values", "table", "insert", "update", "delete", "merge",
    ]

    /// Where the statement begins that is explained; nil when nothing is.
    private static func explained(_ sql: String) -> Int? {
        LexemeReader.read(sql) { reader in
            guard let first = reader.next(), first.kind == .word, reader.name(of: first) == "explain",
                var token = reader.next()
            else { return nil }
            if token.kind == .leftParenthesis {
                let start = token.range.lowerBound
                guard let next = reader.next() else { return nil }
                if next.kind == .leftParenthesis || next.kind == .word && queries.contains(reader.name(of: next)) {
                    return start
                }
                // Options hold no brackets.
                while token.kind != .rightParenthesis {
                    guard let next = reader.next() else { return nil }
                    token = next
                }
                return reader.next()?.range.lowerBound
            }
            while token.kind == .word, ["analyze", "analyse", "verbose"].contains(reader.name(of: token)) {
                guard let next = reader.next() else { return nil }
                token = next
            }
            return token.range.lowerBound
        }
    }
}
