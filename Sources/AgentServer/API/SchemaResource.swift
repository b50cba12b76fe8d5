import AgentCore
import AuthTokens
import Hummingbird
import MCPProtocol

/// `GET /schema`: schemas, tables and columns.
struct SchemaResource: APIResource {
    let door: DatabaseDoor

    private static let parameters: [APIField] = [
        .database,
        .name(
            "schema", "Only this schema, spelled as in the catalog."),
        .name(
            "table", "This table or view with its columns, keys, constraints and indexes; also as `schema.table`."),
        .name(
            "pattern", "Only tables whose name contains this; `*` and `?` are wildcards. Not together with `table`."),
        APIField(
            name: "details", kind: .flag,
            description: "Whether a list is wanted with the columns and keys of each table; at most 500 tables then."),
    ]

    var operations: [APIOperation] {
        [
            APIOperation(
                method: .get, path: "/schema", id: "readSchema", tag: "databases",
                summary: "Schemas and tables, read live",
                description: "Without parameters: every schema, and the tables without their columns. What the "
                    + "configuration hides, and what was left out of a list (`truncated`), is not shown.",
                access: .caller([.read]), query: Self.parameters,
                answers: [APIAnswer(description: "The tables.", schema: ["$ref": "#/components/schemas/Schema"])],
                problems: ProblemKind.ofDatabase + [.relationNotFound, .sqlError], handler: read)
        ]
    }

    @Sendable
    private func read(_ original: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        let values = try APIValues(query: original.uri.query ?? "", Self.parameters)
        let database = try door.database(values, for: caller)
        let subject = try subject(values)
        let origin = context.origin(caller, original)
        var request = original
        _ = try await request.collectBody(upTo: door.bodyLimit)
        return await DisconnectCancellation.answer(request, logger: context.logger) { [door] in
            do {
                return APIReply.json(try await database.schema(subject, origin: origin))
            } catch let error as QueryFailure {
                if case .invalidArgument = error.kind {
                    throw ProblemDetails(
                        .relationNotFound, error.description, members: ["database": .string(database.name)])
                }
                return try await door.calling(database, for: caller, logger: context.logger) { throw error }
            }
        }
    }

    private func subject(_ values: APIValues) throws(ProblemDetails) -> Database.SchemaSubject {
        let schema = values.text("schema")
        let pattern = values.text("pattern")
        if let table = values.text("table") {
            guard pattern == nil else {
                throw APIValues.problem(
                    [.init(field: "pattern", text: "cannot stand together with table")], in: .query)
            }
            return .relation(schema: schema, table: table)
        }
        let details = values.flag("details")
        guard schema != nil || pattern != nil || details else { return .overview }
        return .list(schema: schema, pattern: pattern, details: details)
    }
}
