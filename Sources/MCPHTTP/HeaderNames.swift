package import HTTPTypes
import MCPProtocol

extension HTTPField.Name {
    /// A name that is written in this module, and so is a token.
    private init(constant: String) {
        guard let name = HTTPField.Name(constant) else { preconditionFailure("\(constant) is no name of a header") }
        self = name
    }

    static let mcpSessionID = HTTPField.Name(constant: "Mcp-Session-Id")
    static let mcpProtocolVersion = HTTPField.Name(constant: "MCP-Protocol-Version")
    package static let mcpMethod = HTTPField.Name(constant: "Mcp-Method")
    package static let mcpName = HTTPField.Name(constant: "Mcp-Name")
    package static let lastEventID = HTTPField.Name(constant: "Last-Event-ID")
    /// Tells a request that is sent again from another one (draft-ietf-httpapi-idempotency-key-header).
    package static let idempotencyKey = HTTPField.Name(constant: "Idempotency-Key")
    /// Tells nginx not to hold back what is streamed.
    static let accelBuffering = HTTPField.Name(constant: "X-Accel-Buffering")
}

extension HTTPFields {
    /// The value of a field as the subscript has it, which puts several together: that takes its time for one or none as well.
    package func value(_ name: HTTPField.Name) -> String? {
        guard contains(name) else { return nil }
        let values = self[values: name]
        return values.count == 1 ? values[0] : self[name]
    }
}

/// Which parameter of a method goes into `Mcp-Name` (item 17).
enum NamedParameter {
    static func of(_ method: String) -> String? {
        switch method {
        case "tools/call", "prompts/get": "name"
        case "resources/read": "uri"
        default: nil
        }
    }
}

/// Hummingbird has a type of this name as well.
typealias RequestID = MCPProtocol.RequestID
