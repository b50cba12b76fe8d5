public import Foundation
public import MCPProtocol

/// The schemas of the wire, where they are present; the tests pass without them too.
public enum WireSchemas {
    /// The folder with `schema-*.json`; `nil` when there is none.
    public static let folder: URL? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return ["../shared/mcp", "../../shared/mcp"].map { root.appendingPathComponent($0).standardized }
            .first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("schema-2026-07-28.json").path) }
    }()

    private static let schemas: [String: JSONSchema] = {
        var schemas: [String: JSONSchema] = [:]
        for version in ProtocolVersion.all {
            guard let file = folder?.appendingPathComponent("schema-\(version).json"),
                let data = try? Data(contentsOf: file), let value = try? JSONValue.parse(data)
            else { continue }
            schemas[version.rawValue] = JSONSchema(value)
        }
        return schemas
    }()

    /// The schema of a revision, when it is present.
    public static func schema(for version: ProtocolVersion) -> JSONSchema? { schemas[version.rawValue] }

    private static let requests = [
        "initialize": "Initialize", "ping": "Ping", "server/discover": "Discover", "tools/list": "ListTools",
        "tools/call": "CallTool", "resources/list": "ListResources",
        "resources/templates/list": "ListResourceTemplates", "resources/read": "ReadResource",
        "resources/subscribe": "Subscribe", "resources/unsubscribe": "Unsubscribe", "prompts/list": "ListPrompts",
        "prompts/get": "GetPrompt", "completion/complete": "Complete", "logging/setLevel": "SetLevel",
        "subscriptions/listen": "SubscriptionsListen", "elicitation/create": "Elicit",
        "sampling/createMessage": "CreateMessage", "roots/list": "ListRoots",
    ]

    private static let notifications = [
        "notifications/cancelled": "Cancelled", "notifications/progress": "Progress",
        "notifications/initialized": "Initialized", "notifications/message": "LoggingMessage",
        "notifications/tools/list_changed": "ToolListChanged",
        "notifications/prompts/list_changed": "PromptListChanged",
        "notifications/resources/list_changed": "ResourceListChanged",
        "notifications/resources/updated": "ResourceUpdated",
        "notifications/subscriptions/acknowledged": "SubscriptionsAcknowledged",
    ]

    /// What is wrong with a message.
    ///
    /// - Parameters:
    ///   - message: one message, no batch.
    ///   - version: the revision it is written in.
    ///   - method: the method of the request that a response answers.
    public static func problems(with message: JSONValue, version: ProtocolVersion, answering method: String?)
        -> [String]
    {
        guard let schema = schema(for: version) else { return [] }
        if let own = message["method"]?.string {
            let definition =
                message["id"] == nil
                ? notifications[own].map { $0 + "Notification" } : requests[own].map { $0 + "Request" }
            return schema.problems(with: message, definition: definition ?? "JSONRPCMessage")
        }
        if message["error"] != nil {
            let definition = schema.defines("JSONRPCErrorResponse") ? "JSONRPCErrorResponse" : "JSONRPCError"
            // Before 2025-11-25 the schema had no word for an error without an id.
            return message["id"] == nil && definition == "JSONRPCError"
                ? [] : schema.problems(with: message, definition: definition)
        }
        let envelope = schema.defines("JSONRPCResultResponse") ? "JSONRPCResultResponse" : "JSONRPCResponse"
        var problems = schema.problems(with: message, definition: envelope)
        let result = message["result"] ?? .null
        let definition: String
        if result["resultType"] == .string("input_required") {
            definition = "InputRequiredResult"
        } else if let method, let name = requests[method], schema.defines(name + "Result") {
            definition = name + "Result"
        } else {
            definition = "Result"
        }
        problems += schema.problems(with: result, definition: definition)
        return problems
    }
}
