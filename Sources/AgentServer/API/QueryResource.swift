import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

/// `POST /query`: one statement through the guard; a write becomes a question.
struct QueryResource: APIResource {
    let door: DatabaseDoor

    /// `MOVE` takes a number of 32 bits.
    private static let most = Int(Int32.max)

    private static let members: [APIField] = [
        .sql, .database,
        APIField(
            name: "limit", kind: .integer(1...most),
            description: "The most rows; never more than the database's `rowLimit`, which is the default."),
        APIField(
            name: "offset", kind: .integer(0...most),
            description: "Rows to skip, to page; stable only under an ORDER BY. A write has no pages."),
        APIField(
            name: "dry_run", kind: .flag,
            description: "For a write: run it, say what it would do, and roll it back. It is approved all the same."),
    ]

    var operations: [APIOperation] {
        [
            APIOperation(
                method: .post, path: "/query", id: "query", tag: "statements",
                summary: "Run one statement",
                description:
                    "A read runs at once, in a read-only transaction. Where the database allows writes and the "
                    + "caller holds `write`, anything else is answered with 409 and an `approval`, and runs when that is "
                    + "approved (`/approvals/{id}`). When the client disconnects, the database is told to stop.",
                access: .caller([.read]), body: Self.members,
                answers: [APIAnswer(description: "The rows.", schema: ["$ref": "#/components/schemas/Result"])],
                problems: ProblemKind.ofDatabase + ProblemKind.ofStatement + [
                    .approvalNeeded, .insufficientScope, .approvalsUnavailable,
                ], handler: query)
        ]
    }

    @Sendable
    private func query(_ original: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        var request = original
        let values = try await APIBody.read(&request, Self.members, upTo: door.bodyLimit)
        let database = try door.database(values, for: caller)
        let write = WriteRequest(
            sql: try values.required("sql"), dryRun: values.flag("dry_run"), origin: context.origin(caller, request),
            limit: values.integer("limit"))
        let offset = values.integer("offset") ?? 0
        return await DisconnectCancellation.answer(request, logger: context.logger) { [door] in
            try await door.calling(database, for: caller, logger: context.logger) {
                if let question = try await database.heldQuestion(write, offset: offset) {
                    return Self.needsApproval(question, of: caller).response
                }
                let result = try await database.query(
                    QueryRequest(sql: write.sql, limit: write.limit, offset: offset, origin: write.origin))
                return APIReply.json(ResultAnswer.json(result))
            }
        }
    }

    /// The question to a person. What is true of MCP's `write_confirmation: client` is not of programs that hold a token:
    /// nobody has seen the SQL yet.
    private static func needsApproval(
        _ question: ApprovalQuestion, of caller: AuthenticatedCaller
    ) -> ProblemDetails {
        let id = question.approval.id
        let approver =
            if case .session = caller.credential {
                "The person who is signed in, or a token with the scope approve,"
            } else {
                "A token with the scope approve"
            }
        return ProblemDetails(
            .approvalNeeded, "Nothing was run. \(approver) may approve it at \(APIPath.root)/approvals/\(id).",
            members: ["approval": .object(question.json)])
    }
}
