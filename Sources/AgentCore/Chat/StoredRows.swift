internal import MCPProtocol

/// The rows of a result as they are kept with a conversation: without secrets, and so many that a long conversation stays
/// small. Whoever wants all of them runs the query again.
enum StoredRows {
    /// The most bytes of rows.
    private static let mostBytes = 64 << 10

    /// The result to keep.
    ///
    /// - Parameters:
    ///   - result: A result in the shape of ``ResultAnswer``.
    ///   - offset: The offset of its page.
    static func kept(_ result: JSONObject, offset: Int) -> JSONValue {
        var kept = result
        if let rows = result["rows"]?.array {
            var bytes = 0
            let fitting = rows.prefix { row in
                bytes += row.serialized().count
                return bytes <= mostBytes
            }
            if fitting.count < rows.count {
                kept["rows"] = .array(Array(fitting))
                kept["rowCount"] = .integer(Int64(fitting.count))
                kept["truncated"] = true
                if result["statements"] == nil { kept["nextOffset"] = .integer(Int64(offset + fitting.count)) }
                kept["warnings"] = .array(
                    (result["warnings"]?.array ?? []) + [
                        "Of \(rows.count) rows the first \(fitting.count) are kept with the conversation."
                    ])
            }
        }
        let secrets = SecretColumns((kept["columns"]?.array ?? []).map { $0["name"]?.string ?? "" })
        if !secrets.isEmpty, let rows = kept["rows"]?.array { kept["rows"] = .array(rows.map(secrets.masked)) }
        // The rows of a write's statements are those above.
        if let statements = kept["statements"]?.array {
            kept["statements"] = .array(
                statements.map { statement in
                    var statement = statement.object ?? [:]
                    statement["result"] = nil
                    return .object(statement)
                })
        }
        return ConversationMask.masked(.object(kept))
    }
}
