import MCPProtocol

/// The arguments of one call, checked against the tool's parameters.
struct ToolArguments: Sendable {
    private var texts: [String: String] = [:]
    private var integers: [String: Int] = [:]
    private var flags: [String: Bool] = [:]

    /// Checks `arguments`: no other names, the declared types, within the bounds, none missing. A null is taken for
    /// an argument left out, since models write it so.
    ///
    /// - Throws: ``ToolError`` naming every argument that is wrong, so that the model mends all at once.
    init(_ arguments: JSONObject, of parameters: [ToolParameter]) throws(ToolError) {
        var problems: [String] = []
        let names = parameters.map(\.name)
        for (name, value) in arguments {
            guard let parameter = parameters.first(where: { $0.name == name }) else {
                problems.append(Self.unknown(name, among: names))
                continue
            }
            if value == .null { continue }
            if let problem = take(value, for: parameter) { problems.append(problem) }
        }
        for parameter in parameters where parameter.isRequired && (arguments[parameter.name] ?? .null) == .null {
            problems.append("\(parameter.name) is missing: \(parameter.description)")
        }
        guard problems.isEmpty else {
            throw ToolError("The arguments are not right, nothing was run:\n- " + problems.joined(separator: "\n- "))
        }
    }

    /// The string argument `name`; nil when it was left out.
    func text(_ name: String) -> String? { texts[name] }

    /// The string argument `name`, which the schema requires.
    func required(_ name: String) throws(ToolError) -> String {
        guard let text = texts[name] else { throw ToolError("\(name) is missing.") }
        return text
    }

    /// The integer argument `name`; nil when it was left out.
    func integer(_ name: String) -> Int? { integers[name] }

    /// The boolean argument `name`; false when it was left out.
    func flag(_ name: String) -> Bool { flags[name] ?? false }

    private mutating func take(_ value: JSONValue, for parameter: ToolParameter) -> String? {
        let name = parameter.name
        switch parameter.kind {
        case .text(let maximum):
            guard case .string(let text) = value else { return "\(name) must be a string" }
            if parameter.isRequired && text.isEmpty { return "\(name) must not be empty: \(parameter.description)" }
            // Bytes first: counting scalars is linear, and a text within the bound in bytes is within it in scalars.
            if text.utf8.count > maximum {
                let count = text.unicodeScalars.count
                if count > maximum { return "\(name) must have at most \(maximum) characters, and has \(count)" }
            }
            texts[name] = text
        case .choice(let values):
            guard case .string(let text) = value, values.contains(text) else {
                return "\(name) must be one of " + values.map { "\"\($0)\"" }.joined(separator: ", ")
            }
            texts[name] = text
        case .integer(let minimum, let maximum):
            guard let number = value.exactInteger else { return "\(name) must be an integer" }
            if number < minimum { return "\(name) must be at least \(minimum)" }
            if let maximum, number > maximum { return "\(name) must be at most \(maximum)" }
            integers[name] = number
        case .flag:
            guard case .bool(let flag) = value else { return "\(name) must be true or false" }
            flags[name] = flag
        }
        return nil
    }

    private static func unknown(_ name: String, among names: [String]) -> String {
        var text = "there is no argument \(PlainText.excerpt(name, limit: 64))"
        if let nearest = NearestSpelling.of(name, among: names) {
            text += ", did you mean \(nearest)?"
        } else {
            text += names.isEmpty ? "; the tool takes none" : "; there are: " + names.joined(separator: ", ")
        }
        return text
    }
}

extension JSONValue {
    /// The value as an integer where it is one, also when it is written `10.0` or `1e1`, as JSON Schema counts integers.
    fileprivate var exactInteger: Int? {
        switch self {
        case .integer(let number):
            return Int(exactly: number)
        case .number(let number):
            return Double(number.literal).flatMap { Int(exactly: $0) }
        default:
            return nil
        }
    }
}
