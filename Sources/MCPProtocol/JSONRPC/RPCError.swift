/// An error of JSON-RPC or MCP, as it goes over the wire.
public struct RPCError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The code, for instance ``invalidParams``.
    public var code: Int
    /// One sentence. It is shown to the peer: nothing secret belongs in it.
    public var message: String
    /// Details of the code's own shape.
    public var data: JSONValue?

    /// An error of any code.
    public init(code: Int, message: String, data: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// The value as text.
    public var description: String { "\(message) (\(code))" }

    /// JSON-RPC: not JSON.
    public static let parseError = -32700
    /// JSON-RPC: JSON, but not a message.
    public static let invalidRequest = -32600
    /// JSON-RPC: no such method here.
    public static let methodNotFound = -32601
    /// JSON-RPC: the parameters do not fit the method.
    public static let invalidParams = -32602
    /// JSON-RPC: a failure inside of the server.
    public static let internalError = -32603
    /// MCP up to 2025-11-25: no such resource.
    public static let legacyResourceNotFound = -32002
    /// MCP 2026-07-28: an HTTP header disagrees with the body.
    public static let headerMismatch = -32020
    /// MCP 2026-07-28: the request needs a capability that the client did not declare.
    public static let missingRequiredClientCapability = -32021
    /// MCP 2026-07-28: a protocol version that the server does not speak.
    public static let unsupportedProtocolVersion = -32022

    /// The parameters do not fit the method.
    public static func invalidParams(_ message: String, data: JSONValue? = nil) -> RPCError {
        RPCError(code: invalidParams, message: message, data: data)
    }

    /// The message is no request.
    public static func invalidRequest(_ message: String) -> RPCError {
        RPCError(code: invalidRequest, message: message)
    }

    /// There is no such method here.
    public static func methodNotFound(_ method: String) -> RPCError {
        RPCError(code: methodNotFound, message: "Method not found: \(method.prefix(200))")
    }

    /// A failure inside of the server; the text must not tell more than a stranger may know.
    public static func internalError(_ message: String = "Internal error") -> RPCError {
        RPCError(code: internalError, message: message)
    }

    /// No such resource (item 27). The adapter of the older era turns the code into -32002.
    public static func resourceNotFound(_ uri: String) -> RPCError {
        RPCError(
            code: invalidParams, message: "Resource not found: \(uri.prefix(1000))", data: ["uri": .string(uri)])
    }

    /// No such tool (item 25).
    ///
    /// - Parameters:
    ///   - name: What was asked for.
    ///   - names: The tools that there are, for a "did you mean".
    public static func unknownTool(_ name: String, among names: [String] = []) -> RPCError {
        .invalidParams("Unknown tool: \(name.prefix(200))" + suggestion(for: name, among: names))
    }

    /// No such prompt (item 27).
    ///
    /// - Parameters:
    ///   - name: What was asked for.
    ///   - names: The prompts that there are, for a "did you mean".
    public static func unknownPrompt(_ name: String, among names: [String] = []) -> RPCError {
        .invalidParams("Unknown prompt: \(name.prefix(200))" + suggestion(for: name, among: names))
    }

    private static func suggestion(for name: String, among names: [String]) -> String {
        NearestSpelling.of(name, among: names).map { "; did you mean \($0)?" } ?? ""
    }

    /// The request needs capabilities that the client did not declare (item 9).
    public static func missingCapability(_ required: ClientCapabilities, message: String) -> RPCError {
        RPCError(
            code: missingRequiredClientCapability, message: message,
            data: ["requiredCapabilities": .object(required.json)])
    }

    /// A version that is not spoken here (item 7).
    public static func unsupportedVersion(_ requested: String, supported: [ProtocolVersion]) -> RPCError {
        RPCError(
            code: unsupportedProtocolVersion, message: "Unsupported protocol version",
            data: [
                "supported": .array(supported.map { .string($0.rawValue) }), "requested": .string(requested),
            ])
    }

    /// The error object on the wire.
    public var json: JSONValue {
        var object: JSONObject = ["code": .integer(Int64(code)), "message": .string(message)]
        object["data"] = data
        return .object(object)
    }

    /// An error object from the wire; `nil` when it has no integer code or no message.
    public init?(_ value: JSONValue) {
        guard let code = value["code"]?.int, let message = value["message"]?.string else { return nil }
        self.init(code: code, message: message, data: value["data"])
    }
}
