internal import AuthTokens
public import MCPProtocol

extension ApprovalQuestion {
    /// The question for a page or a program: the `approval` of `POST /api/v1/query`'s 409 and of the chat's event.
    ///
    /// `sql` and `question` are made visible ones: what would hide or turn letters is shown as an escape.
    public var json: JSONObject {
        let id = approval.id
        return [
            "id": .string(id), "href": .string("/api/v1/approvals/\(id)"),
            "database": .string(database), "sql": .string(VisibleSQL.text(sql)),
            "kinds": .array(kinds.map { .string($0) }),
            "statements": .integer(Int64(statements)), "dryRun": .bool(isDryRun),
            "transaction": .bool(!isAlone),
            "estimatedRows": estimatedRows.map { .integer(Int64($0)) } ?? .null,
            "warnings": .array(warnings.map { .string($0) }),
            "expires": .string(approval.expires.text), "question": .string(text),
        ]
    }
}
