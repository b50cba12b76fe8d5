import MCPProtocol

/// A member of a body or a parameter of a query, declared once: what a client is told of it (JSON Schema) and what a request
/// is held to.
struct APIField: Sendable {
    /// The type with its bounds.
    enum Kind: Sendable {
        /// A string of so many characters (Unicode scalars, as JSON Schema counts); `Int.max` for no bound of its own.
        case text(atLeast: Int, atMost: Int)
        /// One of these strings.
        case choice([String])
        /// An integer within bounds.
        case integer(ClosedRange<Int>)
        /// true or false.
        case flag
    }

    /// The name.
    var name: String
    /// The type and bounds.
    var kind: Kind
    /// What it means.
    var description: String
    /// Whether a request without it is refused.
    var isRequired = false
    /// A value to show in examples.
    var example: JSONValue?

    /// The longest statement that a request may carry, as in `query_database`.
    static let statementLength = 1_000_000
    /// The longest name; PostgreSQL's own are 63 bytes.
    static let nameLength = 256

    /// The statement of a body.
    static let sql = APIField(
        name: "sql", kind: .text(atLeast: 1, atMost: statementLength),
        description: "The SQL. It is never edited.", isRequired: true, example: "SELECT 1 AS one")

    /// The database that is meant.
    static let database = APIField.name("database", "The database, by its name in `/databases`; default: the first.")

    /// A member whose value is a name of something, of a database or in one.
    static func name(_ name: String, _ description: String) -> APIField {
        APIField(name: name, kind: .text(atLeast: 1, atMost: nameLength), description: description)
    }

    /// The schema of its values.
    var schema: JSONValue {
        var schema = JSONObject()
        switch kind {
        case .text(let minimum, let maximum):
            schema["type"] = "string"
            if minimum > 0 { schema["minLength"] = .integer(Int64(minimum)) }
            if maximum < .max { schema["maxLength"] = .integer(Int64(maximum)) }
        case .choice(let values):
            schema["type"] = "string"
            schema["enum"] = .array(values.map { .string($0) })
        case .integer(let range):
            schema["type"] = "integer"
            schema["minimum"] = .integer(Int64(range.lowerBound))
            schema["maximum"] = .integer(Int64(range.upperBound))
        case .flag:
            schema["type"] = "boolean"
        }
        schema["description"] = .string(description)
        if let example { schema["examples"] = [example] }
        return .object(schema)
    }

    /// The schema of a body with these members and no others.
    static func bodySchema(_ fields: [APIField]) -> JSONValue {
        var properties = JSONObject()
        for field in fields { properties[field.name] = field.schema }
        var schema: JSONObject = ["type": "object", "properties": .object(properties), "additionalProperties": false]
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        return .object(schema)
    }
}
