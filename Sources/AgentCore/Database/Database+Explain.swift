internal import SQLClassifier

/// How a plan is written.
public enum ExplainFormat: String, Sendable, Hashable, CaseIterable {
    case text, json, yaml, xml
}

extension Database {
    /// Explains a statement. Without `analyze` nothing is run, so any statement may be explained, writes too.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - analyze: whether to run it and show what happened; it has to be a read then.
    ///   - format: how the plan is written.
    /// - Returns: the plan, one line or one document in one column.
    /// - Throws: ``QueryFailure``.
    public func explain(
        _ sql: String, analyze: Bool, format: ExplainFormat
    ) async throws(QueryFailure) -> QueryResult {
        let options = analyze ? "ANALYZE true, BUFFERS true, FORMAT \(format.rawValue)" : "FORMAT \(format.rawValue)"
        // A plan that is cut is no JSON any more: its one value may be as long as the whole answer.
        return try await answer(
            Query(sql: "EXPLAIN (\(options)) " + sql, cellBytes: configuration.limits.bytes))
    }

    /// Counts the rows of a table, of those that meet a condition.
    ///
    /// - Parameters:
    ///   - schema: the table's schema as the catalog spells it; `nil`: as the search path finds it.
    ///   - table: the table's name as the catalog spells it.
    ///   - condition: an expression as it would stand after WHERE; `nil` for all rows.
    /// - Returns: one row with one column, `count`.
    /// - Throws: ``QueryFailure``.
    public func count(
        schema: String?, table: String, where condition: String?
    ) async throws(QueryFailure) -> QueryResult {
        guard !table.isEmpty else { throw .invalidArgument("table is empty.") }
        let parts = [schema.flatMap { $0.isEmpty ? nil : $0 }, table].compactMap { $0 }
        guard parts.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw .invalidArgument("A name holds a NUL character.")
        }
        var sql = "SELECT count(*) FROM " + parts.map(Identifier.quote).joined(separator: ".")
        if let condition, condition.utf8.contains(where: { $0 > 0x20 }) {
            if let reason = SQLClassifier.checkExpression(condition) {
                throw .notReadOnly(reason, sql: condition, database: name)
            }
            // A condition may end in a line comment.
            sql += " WHERE (" + condition + "\n)"
        }
        return try await answer(Query(sql: sql))
    }
}
