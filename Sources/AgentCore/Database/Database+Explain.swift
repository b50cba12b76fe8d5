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
    ///   - origin: who is behind it.
    /// - Returns: the plan, one line or one document in one column.
    /// - Throws: ``QueryFailure``.
    public func explain(
        _ sql: String, analyze: Bool, format: ExplainFormat, origin: CallOrigin = .unknown
    ) async throws(QueryFailure) -> QueryResult {
        let options = analyze ? "ANALYZE true, BUFFERS true, FORMAT \(format.rawValue)" : "FORMAT \(format.rawValue)"
        // A plan that is cut is no JSON any more: its one value may be as long as the whole answer.
        return try await answer(
            Query(sql: "EXPLAIN (\(options)) " + sql, origin: origin, cellBytes: configuration.limits.bytes))
    }

    /// Counts the rows of a table, of those that meet a condition.
    ///
    /// - Parameters:
    ///   - schema: the table's schema as the catalog spells it; `nil`: as the search path finds it.
    ///   - table: the table's name as the catalog spells it.
    ///   - condition: an expression as it would stand after WHERE; `nil` for all rows.
    ///   - origin: who is behind it.
    /// - Returns: one row with one column, `count`.
    /// - Throws: ``QueryFailure``.
    public func count(
        schema: String?, table: String, where condition: String?, origin: CallOrigin = .unknown
    ) async throws(QueryFailure) -> QueryResult {
        let parts = [schema.flatMap { $0.isEmpty ? nil : $0 }, table].compactMap { $0 }
        var query = Query(
            sql: "SELECT count(*) FROM " + parts.map(Identifier.quote).joined(separator: "."), origin: origin)
        if table.isEmpty {
            query.refusal = .invalidArgument("table is empty.")
        } else if parts.contains(where: { $0.utf8.contains(0) }) {
            query.refusal = .invalidArgument("A name holds a NUL character.")
        }
        if let condition, condition.utf8.contains(where: { $0 > 0x20 }) {
            if let reason = SQLClassifier.checkExpression(condition) {
                query.refusal = query.refusal ?? .notReadOnly(reason, sql: condition, database: name)
            }
            // A condition may end in a line comment.
            query.sql += " WHERE (" + condition + "\n)"
        }
        return try await answer(query)
    }
}
