import MCPProtocol

/// One argument of a tool, declared once: what the model is told of it (JSON Schema) and what a call is held to.
struct ToolParameter: Sendable {
    /// The type of an argument with its bounds.
    enum Kind: Sendable {
        /// A string of at most so many characters (Unicode scalars, as JSON Schema counts).
        case text(atMost: Int)
        /// One of these strings.
        case choice([String])
        /// An integer within bounds; without an upper one where a database's own limit is the bound.
        case integer(atLeast: Int, atMost: Int?)
        /// true or false.
        case flag
    }

    /// The name, as the model writes it.
    var name: String
    /// The type and bounds.
    var kind: Kind
    /// What it means, for the model.
    var description: String
    /// Whether a call without it is refused.
    var isRequired = false

    /// The longest name that is looked up: 63 bytes is PostgreSQL's own, and a quoted or over-long name is let through to be
    /// answered with the names that exist.
    static let nameLength = 256
    /// The longest statement that a call may carry.
    static let statementLength = 1_000_000

    /// The argument that names a database, the same in every tool.
    static let database = ToolParameter(
        name: "database", kind: .text(atMost: nameLength),
        description: "Which database, by its name in list_databases; default: the first.")

    /// The argument's schema.
    var schema: JSONValue {
        var schema = JSONObject()
        switch kind {
        case .text(let maximum):
            schema["type"] = "string"
            if isRequired { schema["minLength"] = 1 }
            schema["maxLength"] = .integer(Int64(maximum))
        case .choice(let values):
            schema["type"] = "string"
            schema["enum"] = .array(values.map { .string($0) })
        case .integer(let minimum, let maximum):
            schema["type"] = "integer"
            schema["minimum"] = .integer(Int64(minimum))
            if let maximum { schema["maximum"] = .integer(Int64(maximum)) }
        case .flag:
            schema["type"] = "boolean"
        }
        schema["description"] = .string(description)
        return .object(schema)
    }

    /// The schema of an object with these arguments and no others.
    static func inputSchema(_ parameters: [ToolParameter]) -> JSONValue {
        var properties = JSONObject()
        for parameter in parameters { properties[parameter.name] = parameter.schema }
        var schema = JSONObject()
        schema["type"] = "object"
        schema["properties"] = .object(properties)
        let required = parameters.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["additionalProperties"] = false
        return .object(schema)
    }
}
