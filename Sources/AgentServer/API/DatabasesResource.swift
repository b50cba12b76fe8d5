import AgentCore
import AuthTokens
import Hummingbird
import MCPProtocol

/// `GET /databases`: what the caller may see.
struct DatabasesResource: APIResource {
    let door: DatabaseDoor

    private static let parameters = [
        APIField(name: "state", kind: .flag, description: "Whether to ask each database whether it answers.")
    ]

    var operations: [APIOperation] {
        [
            APIOperation(
                method: .get, path: "/databases", id: "listDatabases", tag: "databases",
                summary: "The databases that the caller may use",
                description:
                    "The first one is meant wherever a request names none. With `state` each is asked whether it "
                    + "answers, which takes up to three seconds where one does not.",
                access: .caller([.read]),
                query: Self.parameters,
                answers: [APIAnswer(description: "The databases.", schema: Self.schema)], handler: list)
        ]
    }

    @Sendable
    private func list(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        let values = try APIValues(query: request.uri.query ?? "", Self.parameters)
        let databases = door.agent.databases.databases(for: caller.principal)
        let states = values.flag("state") ? await door.agent.databases.states(for: caller.principal) : []
        let list = databases.enumerated().map { index, database -> JSONValue in
            var object: JSONObject = [
                "name": .string(database.name), "default": .bool(index == 0),
                "allowWrites": .bool(database.configuration.allowWrites),
                "mayWrite": .bool(database.allowsWrites(of: caller.principal)),
                "rowLimit": .integer(Int64(database.configuration.limits.rows)),
            ]
            // The two lists are of one moment, unless the databases were reloaded in between.
            if let state = states.first(where: { $0["name"]?.string == database.name }) {
                for key in ["available", "version", "problem"] { object[key] = state[key] }
            }
            return .object(object)
        }
        return APIReply.json(["databases": .array(list)])
    }

    private static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "databases": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "name": ["type": "string"],
                        "default": ["type": "boolean", "description": "Whether it is meant where none is named."],
                        "allowWrites": [
                            "type": "boolean", "description": "Whether the operator allows writes, each approved.",
                        ],
                        "mayWrite": ["type": "boolean", "description": "Whether this caller may ask for them."],
                        "rowLimit": ["type": "integer", "description": "The most rows of one answer."],
                        "available": ["type": "boolean", "description": "Whether it answers; only with `state`."],
                        "version": [
                            "type": ["string", "null"], "description": "PostgreSQL's version; only with `state`.",
                        ],
                        "problem": [
                            "type": ["string", "null"], "description": "Why it does not answer; only with `state`.",
                        ],
                    ],
                    "required": ["name", "default", "allowWrites", "mayWrite", "rowLimit"],
                ],
            ]
        ],
        "required": ["databases"],
    ]
}
