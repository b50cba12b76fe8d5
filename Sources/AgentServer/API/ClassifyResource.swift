import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

/// `POST /classify`: what SQL would do, while somebody writes it.
struct ClassifyResource: APIResource {
    let door: DatabaseDoor

    /// The longest text, in characters: more than a person types.
    private static let longest = 100_000

    private static let members: [APIField] = [
        APIField(
            name: "sql", kind: .text(atLeast: 1, atMost: longest), description: "The SQL, as far as it is written.",
            isRequired: true, example: "SELECT 1 AS one"),
        .name(
            "database", "The database whose guard decides too, by its name in `/databases`."),
    ]

    /// How long somebody who types waits for the guard, which may have to read the database's catalog first.
    private static let patience: Duration = .seconds(2)

    var operations: [APIOperation] {
        [
            APIOperation(
                method: .post, path: "/classify", id: "classify", tag: "statements",
                summary: "Tell what SQL would do, without running it",
                description:
                    "What `agentctl classify --json` prints. When a database is named, `guard` says what would "
                    + "become of the text there; nothing of the text is sent to the database.",
                access: .caller([.read]), body: Self.members,
                answers: [
                    APIAnswer(description: "The verdict.", schema: ["$ref": "#/components/schemas/Verdict"])
                ],
                problems: [.databaseNotFound, .tooManyAtOnce], handler: classify)
        ]
    }

    @Sendable
    private func classify(_ original: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        var request = original
        let values = try await APIBody.read(&request, Self.members, upTo: door.bodyLimit)
        let sql = try values.required("sql")
        let origin = context.origin(caller, request)
        var object: JSONObject
        do {
            object = try await LongTexts.shared.verdict(on: sql, for: origin)
        } catch let failure as QueryFailure {
            throw ProblemDetails(.tooManyAtOnce, failure.description, fields: [.retryAfter: "1"])
        }
        guard values.text("database") != nil else { return APIReply.json(.object(object)) }
        let database = try door.database(values, for: caller)
        let write = WriteRequest(sql: sql, origin: origin)
        let decision = try await Deadline.run(within: Self.patience) { await database.decision(about: write) }
        var verdict: JSONObject = ["database": .string(database.name)]
        switch decision {
        case .runs?: verdict["decision"] = "runs"
        case .asks(let kinds, let warnings)?:
            verdict["decision"] = "asks"
            verdict["kinds"] = .array(kinds.map { .string($0) })
            verdict["warnings"] = .array(warnings.map { .string($0) })
        case .refused(let failure)?:
            let problem = ProblemDetails(failure, on: database, for: caller, logger: nil)
            // A database that is down refuses nothing; the answer is not known then.
            let isKnown = problem.status.kind == .clientError && problem.status != .tooManyRequests
            verdict["decision"] = isKnown ? "refused" : "unknown"
            verdict["problem"] = .object(problem.json)
        case nil: verdict["decision"] = "unknown"
        }
        object["guard"] = .object(verdict)
        return APIReply.json(.object(object))
    }
}
