import MCPProtocol

/// The schemas that several operations of the API share.
enum OpenAPISchemas {
    /// How a caller shows who it is.
    static let security: JSONObject = [
        "token": ["type": "http", "scheme": "bearer", "description": "A token of `agentctl token create`."],
        "session": [
            "type": "apiKey", "in": "cookie", "name": "pga_session",
            "description": .string(
                "The cookie of a sign-in, under TLS `__Host-pga_session`. What is not GET also needs the session's proof in "
                    + "`X-CSRF-Token`, which `/me` tells."),
        ],
    ]

    /// The named schemas.
    static let components: JSONObject = [
        "Problem": problem, "Schema": schema, "Verdict": verdict, "Rows": rows, "Result": result,
        "Decision": decision, "Approval": approval,
    ]

    private static let text: JSONValue = ["type": "string"]
    private static let optionalText: JSONValue = ["type": ["string", "null"]]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let count: JSONValue = ["type": "integer", "minimum": 0]
    private static let optionalCount: JSONValue = ["type": ["integer", "null"]]
    private static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]

    private static func object(_ properties: JSONObject, required: [String]? = nil) -> JSONValue {
        [
            "type": "object", "properties": .object(properties),
            "required": .array((required ?? properties.keys).map { .string($0) }),
        ]
    }

    /// RFC 9457, section 3.1, and the members of this server.
    private static let problem = object(
        [
            "type": ["type": "string", "format": "uri-reference", "description": "`/problems/` and the code."],
            "title": text, "status": ["type": "integer"],
            "code": ["type": "string", "description": "The kind of problem; it never changes its meaning."],
            "detail": ["type": "string", "description": "What went wrong this time, and how to mend it."],
            "errors": [
                "type": "array", "description": "Each member or parameter that is wrong.",
                "items": object(
                    [
                        "in": ["enum": ["body", "query", "path"]], "name": text, "detail": text,
                        "suggestion": ["type": "string", "description": "The name that was probably meant."],
                    ], required: ["in", "name", "detail"]),
            ],
            "database": text,
            "line": ["type": "integer", "description": "Where in the SQL or the JSON, from 1."],
            "column": ["type": "integer", "description": "From 1, in Unicode scalars."],
            "offset": ["type": "integer", "description": "Bytes before it."],
            "reason": ["type": "string", "description": "Why a statement is no read, as `classify` says it."],
            "name": ["type": "string", "description": "What is refused."],
            "why": ["type": "string", "description": "Why it is refused."],
            "allowedBy": [
                "type": ["string", "null"],
                "description": "The setting by which an operator can allow it; null when there is none.",
            ],
            "sqlState": ["type": "string", "description": "PostgreSQL's code of the error."],
            "message": ["type": "string", "description": "PostgreSQL's words, which may repeat values of rows."],
            "serverDetail": text, "hint": text, "scopes": texts,
            "approval": ["$ref": "#/components/schemas/Approval"],
        ], required: ["type", "title", "status", "code"])

    private static let approval = object([
        "id": text, "href": ["type": "string", "format": "uri-reference"], "database": text,
        "sql": [
            "type": "string",
            "description":
                "The SQL as a person has to see it: characters that are invisible or steer text stand as ⟨U+202E⟩.",
        ],
        "kinds": texts, "statements": count, "dryRun": flag,
        "transaction": ["type": "boolean", "description": "Whether all of it runs in one transaction."],
        "estimatedRows": optionalCount, "warnings": texts, "expires": ["type": "string", "format": "date-time"],
        "question": ["type": "string", "description": "All of this as one text; it ends with the SQL."],
    ])

    private static let columns: JSONValue = [
        "type": "array", "items": object(["name": text, "type": text]),
        "description": "Names may be empty or alike; types are as `format_type` prints them.",
    ]

    private static let rowMembers: JSONObject = [
        "columns": columns,
        "rows": [
            "type": "array", "items": ["type": "array"],
            "description": .string(
                "One array a row. `boolean`, `smallint`, `integer`, `oid`, `real` and `double precision` are JSON's "
                    + "own; `json` and `jsonb` are embedded; all else, `bigint` and `numeric` too, is a string as "
                    + "PostgreSQL prints it. NULL is null."),
        ],
        "rowCount": count, "truncated": flag, "nextOffset": optionalCount, "warnings": texts,
        "elapsedMs": ["type": "number"],
    ]

    private static let rows = object(rowMembers)

    private static let result: JSONValue = [
        "allOf": [
            ["$ref": "#/components/schemas/Rows"], object(["database": text, "command": text, "notices": texts]),
        ]
    ]

    private static let decision: JSONValue = [
        "oneOf": [
            object([
                "decision": ["const": "approve"], "database": text,
                "committed": ["type": "boolean", "description": "False after a dry run."], "dryRun": flag,
                "statements": [
                    "type": "array",
                    "items": object(
                        ["command": text, "rows": optionalCount, "result": ["$ref": "#/components/schemas/Rows"]],
                        required: ["command", "rows"]),
                ],
                "notices": texts, "elapsedMs": ["type": "number"],
            ]),
            object(["decision": ["const": "decline"], "database": text, "detail": text]),
            object([
                "decision": ["enum": ["approve", "decline"]],
                "turn": [
                    "type": "string", "description": "The turn of the chat that asked, and goes on with the answer.",
                ],
            ]),
        ]
    ]

    private static let mentions: JSONValue = [
        "type": "array",
        "items": object(["name": text, "kind": text, "line": count, "column": count]),
    ]

    private static let reason: JSONValue = [
        "anyOf": [
            ["type": "null"],
            object(["code": text, "message": text, "line": count, "column": count, "offset": count]),
        ]
    ]

    private static let verdict = object(
        [
            "readOnly": flag, "effect": text, "reason": reason,
            "statements": [
                "type": "array",
                "items": object([
                    "commandTag": text, "effect": text, "readOnly": flag, "explain": flag, "executes": flag,
                    "start": count, "end": count, "functions": mentions, "relations": mentions, "types": mentions,
                    "settings": mentions, "reason": reason,
                ]),
            ],
            "guard": object(
                [
                    "database": text,
                    "decision": [
                        "enum": ["runs", "asks", "refused", "unknown"],
                        "description": .string(
                            "What `/query` would do: run it, ask for an approval, refuse it. Unknown when the "
                                + "database did not answer in time."),
                    ],
                    "kinds": texts, "warnings": texts, "problem": ["$ref": "#/components/schemas/Problem"],
                ], required: ["database", "decision"]),
        ], required: ["readOnly", "effect", "reason", "statements"])

    private static let schema = object(
        [
            "database": text, "truncated": flag, "note": text,
            "schemas": [
                "type": "array",
                "items": object(
                    ["name": text, "owner": text, "relations": count, "usable": flag, "comment": text],
                    required: ["name", "owner", "relations", "usable"]),
            ],
            "relations": [
                "type": "array",
                "items": object(
                    [
                        "schema": text, "name": text, "kind": text, "estimatedRows": optionalCount,
                        "estimatedBytes": optionalCount, "columnCount": count, "readable": flag, "partition": flag,
                        "comment": text, "owner": text, "rowSecurity": flag, "partitionKey": text,
                        "partitionBound": text, "viewDefinition": text, "primaryKey": texts,
                        "columns": [
                            "type": "array",
                            "items": object(
                                [
                                    "name": text, "type": text, "nullable": flag, "default": optionalText,
                                    "generated": flag, "identity": text, "comment": text,
                                ], required: ["name", "type", "nullable", "default"]),
                        ],
                        "foreignKeys": ["type": "array", "items": ["type": "object"]],
                        "referencedBy": ["type": "array", "items": ["type": "object"]],
                        "constraints": ["type": "array", "items": ["type": "object"]],
                        "indexes": ["type": "array", "items": ["type": "object"]],
                    ],
                    required: [
                        "schema", "name", "kind", "estimatedRows", "estimatedBytes", "columnCount", "readable",
                    ]),
            ],
        ], required: ["database", "relations", "truncated"])
}
