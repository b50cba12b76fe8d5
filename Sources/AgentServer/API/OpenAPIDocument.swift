import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol
import NIOCore
import Synchronization

/// The OpenAPI 3.1 document of the API, made of its operations when it is first asked for.
final class OpenAPIDocument: Sendable {
    private struct Text: Sendable {
        let bytes: ByteBuffer
        /// Names the text (RFC 9110, section 8.8.3).
        let tag: String
    }

    private let resources: [any APIResource]
    private let text = Mutex<Text?>(nil)

    /// A document of some resources.
    init(_ resources: [any APIResource]) { self.resources = resources }

    /// Answers with the document, or with 304 when the client has it.
    func response(to request: Request) -> Response {
        let text: Text = self.text.withLock { text in
            if let text { return text }
            let bytes = json.serialized()
            let made = Text(
                bytes: ByteBuffer(bytes: bytes), tag: EntityTag.of(bytes))
            text = made
            return made
        }
        var fields: HTTPFields = [.eTag: text.tag, .cacheControl: "no-cache"]
        if EntityTag.isNamed(text.tag, by: request.headers[values: .ifNoneMatch]) {
            return Response(status: .notModified, headers: fields)
        }
        fields[.contentType] = "application/json"
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: text.bytes))
    }

    /// The document.
    var json: JSONValue {
        var paths = JSONObject()
        for operation in resources.flatMap(\.operations) {
            let path = APIPath.root + operation.path
            var item = paths[path]?.object ?? JSONObject()
            item[operation.method.rawValue.lowercased()] = Self.json(operation)
            paths[path] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "postgres-agent", "version": .string(AgentVersion.current),
                "summary": "Asks PostgreSQL databases, within limits; writes only with a person's approval.",
                "license": ["name": "PostgreSQL", "identifier": "PostgreSQL"],
            ],
            "servers": [["url": "/"]],
            "tags": [
                ["name": "databases", "description": "What there is to ask."],
                ["name": "statements", "description": "SQL: what it would do, its rows, and the approval of writes."],
                ["name": "chat", "description": "Questions in one's own words, and what was said before."],
                ["name": "accounts", "description": "Who asks."],
                ["name": "administration", "description": "Tokens, users, sessions, and the state of the server."],
            ],
            "paths": .object(paths),
            "components": [
                "securitySchemes": .object(OpenAPISchemas.security), "schemas": .object(OpenAPISchemas.components),
            ],
        ]
    }

    private static func json(_ operation: APIOperation) -> JSONValue {
        var object: JSONObject = [
            "operationId": .string(operation.id), "tags": [.string(operation.tag)],
            "summary": .string(operation.summary),
        ]
        if !operation.description.isEmpty { object["description"] = .string(operation.description) }
        switch operation.access {
        case .anybody: object["security"] = []
        case .caller(let scopes):
            object["security"] = .array(OpenAPISchemas.security.keys.map { .object([$0: []]) })
            if !scopes.isEmpty { object["x-scopes"] = .array(scopes.map { .string($0.rawValue) }) }
        }
        let parameters =
            operation.pathParameters.map { parameter($0, in: "path") }
            + operation.query.map { parameter($0, in: "query") }
        if !parameters.isEmpty { object["parameters"] = .array(parameters) }
        if let body = operation.body {
            object["requestBody"] = [
                "required": .bool(body.contains(where: \.isRequired)),
                "content": ["application/json": ["schema": APIField.bodySchema(body)]],
            ]
        }
        if let schema = operation.ownBody {
            object["requestBody"] = [
                "required": .bool(!operation.isOwnBodyOptional), "content": ["application/json": ["schema": schema]],
            ]
        }
        object["responses"] = .object(responses(operation))
        return .object(object)
    }

    private static func parameter(_ field: APIField, in place: String) -> JSONValue {
        var schema = field.schema.object ?? [:]
        schema["description"] = nil
        return [
            "name": .string(field.name), "in": .string(place), "required": .bool(field.isRequired),
            "description": .string(field.description), "schema": .object(schema),
        ]
    }

    private static func responses(_ operation: APIOperation) -> JSONObject {
        var responses = JSONObject()
        for answer in operation.answers {
            var object: JSONObject = ["description": .string(answer.description)]
            var content = JSONObject()
            if let schema = answer.schema { content["application/json"] = ["schema": schema] }
            for (type, schema) in answer.other { content[type] = ["schema": schema] }
            if !content.isEmpty { object["content"] = .object(content) }
            responses[String(answer.status.code)] = .object(object)
        }
        for (status, kinds) in problems(of: operation) {
            let codes = kinds.map { "`\($0.code)`: \($0.title)." }.joined(separator: "\n\n")
            responses[String(status)] = [
                "description": .string(codes),
                "content": [
                    "application/problem+json": [
                        "schema": [
                            "allOf": [["$ref": "#/components/schemas/Problem"]],
                            "properties": [
                                "status": ["const": .integer(Int64(status))],
                                "code": ["enum": .array(kinds.map { .string($0.code) })],
                            ],
                        ]
                    ]
                ],
            ]
        }
        return responses
    }

    /// What can go wrong with an operation, by status.
    static func problems(of operation: APIOperation) -> [(status: Int, kinds: [ProblemKind])] {
        var kinds = ProblemKind.everywhere
        if operation.body != nil || operation.ownBody != nil { kinds += ProblemKind.withBody }
        switch operation.access {
        case .anybody: break
        case .caller(let scopes):
            kinds += ProblemKind.ofAuthentication
            if !scopes.isEmpty { kinds.append(.insufficientScope) }
        }
        kinds += operation.problems
        var found: [(status: Int, kinds: [ProblemKind])] = []
        for kind in kinds {
            guard let place = found.firstIndex(where: { $0.status == kind.status.code }) else {
                found.append((kind.status.code, [kind]))
                continue
            }
            if !found[place].kinds.contains(kind) { found[place].kinds.append(kind) }
        }
        return found.sorted { $0.status < $1.status }
    }
}
