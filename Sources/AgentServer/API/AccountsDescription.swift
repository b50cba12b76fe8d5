import AuthTokens
import HTTPTypes
import MCPProtocol

/// What the OpenAPI document says of signing in and of administration, which ``AccessRoutes`` serves.
struct AccountsDescription: APIResource {
    /// Whether there are accounts: where nobody shows who they are, nobody administers.
    let hasAccounts: Bool

    var operations: [APIOperation] { Self.session + (hasAccounts ? Self.tokens + Self.users + Self.others : []) }

    private static let text: JSONValue = ["type": "string"]
    private static let moment: JSONValue = ["type": ["string", "null"], "format": "date-time"]
    private static let databases: JSONValue = [
        "type": ["array", "null"], "items": ["type": "string"], "description": "Null for all of them.",
    ]
    private static let scopes: JSONValue = [
        "type": "array", "items": ["enum": .array(Scope.allCases.map { .string($0.rawValue) })],
    ]

    private static let someScopes: JSONValue = {
        var schema = scopes.object ?? [:]
        schema["minItems"] = 1
        return .object(schema)
    }()
    private static let span: JSONValue = ["type": "string", "description": "A span, such as 24h."]
    private static let end: JSONValue = [
        "type": "string", "description": "A span such as 90d, a time such as 2027-01-31T12:00:00Z, or never.",
    ]

    private static func object(_ members: JSONObject, required: [String] = []) -> JSONValue {
        var schema: JSONObject = ["type": "object", "properties": .object(members)]
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
        return .object(schema)
    }

    /// A body has these members and no others.
    private static func body(_ members: JSONObject, required: [String] = []) -> JSONValue {
        var schema = object(members, required: required).object ?? [:]
        schema["additionalProperties"] = false
        return .object(schema)
    }

    /// An answer has all of its members.
    private static func answer(_ members: JSONObject, optional: JSONObject = [:]) -> JSONValue {
        object(
            JSONObject(members.map { ($0.key, $0.value) } + optional.map { ($0.key, $0.value) }), required: members.keys
        )
    }

    private static func list(_ name: String, _ element: JSONValue) -> JSONValue {
        answer([name: ["type": "array", "items": element]])
    }

    private static func name(_ name: String, _ description: String) -> APIField {
        APIField(
            name: name, kind: .text(atLeast: 1, atMost: .max), description: description,
            isRequired: true)
    }

    private static let caller = answer(
        ["id": text, "name": text, "scopes": scopes, "databases": databases, "credential": text],
        optional: ["csrfToken": ["type": "string", "description": "Of a session: for `X-CSRF-Token`."]])
    private static let token: JSONObject = [
        "id": text, "state": text, "note": text, "owner": text, "scopes": scopes, "databases": databases,
        "created": moment, "expires": moment, "revoked": moment, "lastUsed": moment, "previousUntil": moment,
    ]
    private static let newToken = answer(
        token, optional: ["token": ["type": "string", "description": "The token itself, which is shown this once."]])
    private static let user = answer([
        "name": text, "note": text, "enabled": ["type": "boolean"], "scopes": scopes, "databases": databases,
        "created": moment, "passwordChanged": moment, "lockedUntil": moment, "sessions": ["type": "integer"],
    ])

    private static let session: [APIOperation] = [
        APIOperation(
            method: .post, path: "/login", id: "signIn", tag: "accounts", summary: "Sign in",
            description: "Every failure is answered alike. The session is a cookie that no script can read.",
            access: .anybody, ownBody: body(["name": text, "password": text], required: ["name", "password"]),
            answers: [APIAnswer(description: "Signed in.", schema: caller)],
            problems: [.signInFailed, .authenticationOff, .tooManyFailures, .busy]),
        APIOperation(
            method: .post, path: "/logout", id: "signOut", tag: "accounts", summary: "End the session",
            access: .caller([]), answers: [APIAnswer(status: .noContent, description: "Signed out.")],
            problems: [.noSession, .accountsUnavailable]),
        APIOperation(
            method: .get, path: "/me", id: "me", tag: "accounts", summary: "Who asks, and what it may do",
            access: .caller([]), answers: [APIAnswer(description: "The caller.", schema: caller)]),
        APIOperation(
            method: .get, path: "/session", id: "session", tag: "accounts", summary: "Whether anybody is signed in",
            description: "For a page that is opened: without a session, or with one that is over, there is no caller.",
            access: .anybody,
            answers: [
                APIAnswer(
                    description: "The caller, as `/me` tells it, or null.",
                    schema: answer(["caller": ["anyOf": [caller, ["type": "null"]]]]))
            ],
            problems: ProblemKind.ofAuthentication),
    ]

    private static func administration(
        _ method: HTTPRequest.Method, _ path: String, _ id: String, _ summary: String,
        path pathParameters: [APIField] = [], query: [APIField] = [], body: JSONValue? = nil, answer: APIAnswer,
        problems: [ProblemKind] = ProblemKind.ofAccounts
    ) -> APIOperation {
        APIOperation(
            method: method, path: "/admin" + path, id: id, tag: "administration", summary: summary,
            access: .caller([.admin]), pathParameters: pathParameters, query: query, ownBody: body,
            // Only to rotate a token nothing has to be said.
            isOwnBodyOptional: id == "rotateToken", answers: [answer], problems: problems)
    }

    private static let tokens: [APIOperation] = [
        administration(
            .get, "/tokens", "listTokens", "The tokens, without their secrets",
            answer: APIAnswer(description: "The tokens.", schema: list("tokens", answer(token))), problems: []),
        administration(
            .post, "/tokens", "createToken", "Make a token",
            body: body(["note": text, "owner": text, "expires": end, "scopes": scopes, "databases": databases]),
            answer: APIAnswer(status: .created, description: "The token, once.", schema: newToken)),
        administration(
            .post, "/tokens/{id}/revoke", "revokeToken", "Revoke a token", path: [name("id", "The token's id.")],
            answer: APIAnswer(description: "The token.", schema: answer(token))),
        administration(
            .post, "/tokens/{id}/rotate", "rotateToken", "Give a token another secret",
            path: [name("id", "The token's id.")], body: body(["overlap": span, "expires": end]),
            answer: APIAnswer(description: "The token, once.", schema: newToken)),
    ]

    private static let users: [APIOperation] =
        [
            administration(
                .get, "/users", "listUsers", "The people who sign in",
                answer: APIAnswer(description: "The users.", schema: list("users", user)), problems: []),
            administration(
                .post, "/users", "addUser", "Add a user",
                body: body(
                    ["name": text, "password": text, "note": text, "scopes": scopes, "databases": databases],
                    required: ["name", "password"]),
                answer: APIAnswer(status: .created, description: "The user.", schema: user)),
            administration(
                .patch, "/users/{name}", "changeUser", "Change a user", path: [name("name", "The user's name.")],
                body: body(["password": text, "note": text, "scopes": someScopes, "databases": databases]),
                answer: APIAnswer(description: "The user.", schema: user),
                problems: ProblemKind.ofAccounts + [.ownAccount]),
            administration(
                .delete, "/users/{name}", "deleteUser", "Delete a user", path: [name("name", "The user's name.")],
                answer: APIAnswer(status: .noContent, description: "Deleted, and signed out everywhere."),
                problems: ProblemKind.ofAccounts + [.ownAccount]),
            administration(
                .post, "/users/{name}/unlock", "unlockUser", "End a lockout", path: [name("name", "The user's name.")],
                answer: APIAnswer(
                    description: "Whether the user was locked out.",
                    schema: answer(["name": text, "wasLocked": ["type": "boolean"]]))),
        ]
        + ["enable", "disable"].map { verb in
            administration(
                .post, "/users/{name}/\(verb)", "\(verb)User", "Let a user sign in, or not",
                path: [name("name", "The user's name.")], answer: APIAnswer(description: "The user.", schema: user),
                problems: ProblemKind.ofAccounts + [.ownAccount])
        }

    private static let ofUser = APIField(
        name: "user", kind: .text(atLeast: 0, atMost: .max), description: "Only this user's.")

    private static let others: [APIOperation] = [
        administration(
            .get, "/sessions", "listSessions", "Who is signed in", query: [ofUser],
            answer: APIAnswer(
                description: "The sessions.",
                schema: list(
                    "sessions",
                    answer([
                        "id": text, "user": text, "created": moment, "lastSeen": moment, "address": text,
                        "client": text,
                    ]))), problems: []),
        administration(
            .delete, "/sessions", "endSessions", "End every session of a user",
            query: [
                APIField(
                    name: "user", kind: .text(atLeast: 0, atMost: .max), description: "The user's name.",
                    isRequired: true)
            ],
            answer: APIAnswer(
                description: "How many were ended.", schema: answer(["ended": ["type": "integer"]]))),
        administration(
            .delete, "/sessions/{id}", "endSession", "End a session", path: [name("id", "The session's id.")],
            answer: APIAnswer(status: .noContent, description: "Ended.")),
        administration(
            .get, "/audit", "readAudit", "The newest lines of the audit log",
            query: [
                APIField(name: "limit", kind: .integer(1...1000), description: "The most lines; 100 by default.")
            ]
                + ["database", "principal", "verdict", "outcome", "since", "until", "text"].map {
                    APIField(
                        name: $0, kind: .text(atLeast: 0, atMost: .max),
                        description: "Only lines with this; `since` and `until` are times.")
                },
            answer: APIAnswer(
                description: "The lines, oldest first.",
                schema: answer([
                    "records": ["type": "array", "items": ["type": "object"]], "cut": ["type": "boolean"],
                ])), problems: [.noAuditLog, .auditUnreadable, .busy]),
        administration(
            .get, "/doctor", "readCheckup", "The security checklist, on the running server",
            answer: APIAnswer(
                description: "What `agentctl doctor --json` prints.", schema: ["type": "object"]), problems: [.busy]),
        administration(
            .get, "/metrics", "readMetrics", "The state of the server at a glance",
            answer: APIAnswer(description: "Counts since the start, and what is now.", schema: glance),
            problems: [.noMetrics]),
    ]

    /// ``ServerMetrics/glance``.
    private static let glance: JSONValue = {
        let number: JSONValue = ["type": "integer"]
        let perhaps: JSONValue = ["type": ["integer", "null"]]
        let flag: JSONValue = ["type": "boolean"]
        let counts: JSONValue = ["type": "object", "additionalProperties": number]
        return answer([
            "version": text, "uptimeSeconds": number,
            "requests": answer(["total": number, "inFlight": perhaps, "byStatus": counts, "byRoute": counts]),
            "calls": answer(["total": number, "byOutcome": counts, "failures": counts, "tools": counts]),
            "refusals": counts, "authenticationFailures": counts,
            "pools": [
                "type": "array",
                "items": answer([
                    "database": text, "reachable": flag, "inUse": number, "idle": number, "opening": number,
                    "maximum": number, "waiting": number, "circuitOpen": flag, "acquisitions": number,
                    "acquireFailures": number, "cancelledQueries": number,
                ]),
            ],
            "sessions": answer(["users": perhaps, "mcp": perhaps]), "streams": perhaps, "approvals": counts,
            "tokens": answer(
                ["expiring": counts, "nextExpirySeconds": perhaps],
                optional: ["active": number, "expired": number, "revoked": number]),
            "certificate": answer(["expirySeconds": perhaps]), "lockdown": flag,
            "audit": [
                "type": ["object", "null"], "properties": ["writable": flag, "kept": number, "lost": number],
                "required": ["writable"],
            ],
            "reloads": ["type": "object", "additionalProperties": answer(["takenOver": flag, "at": moment])],
        ])
    }()
}
