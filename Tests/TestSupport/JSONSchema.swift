public import MCPProtocol

/// A validator of JSON Schema 2020-12 and draft-07, as much as the schemas of MCP and of tools use. `format` is not
/// checked; `pattern` is not supported.
public struct JSONSchema: Sendable {
    private let root: JSONValue

    /// A schema; `$ref` points into it.
    public init(_ root: JSONValue) {
        self.root = root
    }

    /// What is wrong with a value.
    ///
    /// - Parameters:
    ///   - value: the value.
    ///   - definition: a name in `$defs` or `definitions`; `nil` means the root.
    /// - Returns: sentences that name the place; empty when the value is valid.
    public func problems(with value: JSONValue, definition: String? = nil) -> [String] {
        guard let definition else { return check(value, root, "$", 0) }
        guard let schema = root["$defs"]?[definition] ?? root["definitions"]?[definition] else {
            return ["there is no definition \(definition)"]
        }
        return check(value, schema, definition, 0)
    }

    /// Whether there is a definition of a name.
    public func defines(_ definition: String) -> Bool {
        (root["$defs"]?[definition] ?? root["definitions"]?[definition]) != nil
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String, _ depth: Int) -> [String] {
        guard depth < 200 else { return ["\(path): nested too deep"] }
        if case .bool(let allowed) = schema { return allowed ? [] : ["\(path): nothing is allowed here"] }
        guard let rules = schema.object else { return ["\(path): the schema is no schema"] }
        var problems: [String] = []
        if let reference = rules["$ref"]?.string {
            guard let target = resolve(reference) else { return ["\(path): cannot resolve \(reference)"] }
            problems += check(value, target, path, depth + 1)
        }
        problems += checkType(value, rules, path)
        if let constant = rules["const"], !Self.same(constant, value) {
            problems.append("\(path): must be \(constant)")
        }
        if let allowed = rules["enum"]?.array, !allowed.contains(where: { Self.same($0, value) }) {
            problems.append("\(path): must be one of \(JSONValue.array(allowed))")
        }
        problems += checkCombinations(value, rules, path, depth)
        if let number = value.double { problems += Self.checkNumber(number, rules, path) }
        if let text = value.string { problems += Self.checkLength(text.unicodeScalars.count, rules, "Length", path) }
        if let elements = value.array { problems += checkArray(elements, rules, path, depth) }
        if let object = value.object { problems += checkObject(object, rules, path, depth) }
        return problems
    }

    private func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        var place = root
        for part in reference.dropFirst().split(separator: "/") {
            guard let next = place[String(part)] else { return nil }
            place = next
        }
        return place
    }

    private func checkType(_ value: JSONValue, _ rules: JSONObject, _ path: String) -> [String] {
        let allowed: [String]
        switch rules["type"] {
        case .string(let type)?: allowed = [type]
        case .array(let types)?: allowed = types.compactMap(\.string)
        default: return []
        }
        let isWhole = value.double.map { $0 == $0.rounded() } ?? false
        let fits = allowed.contains { type in
            switch type {
            case "number": value.double != nil
            case "integer": isWhole
            default: value.typeName == type
            }
        }
        return fits ? [] : ["\(path): is \(value.typeName), must be \(allowed.joined(separator: " or "))"]
    }

    private func checkCombinations(_ value: JSONValue, _ rules: JSONObject, _ path: String, _ depth: Int) -> [String] {
        var problems: [String] = []
        for schema in rules["allOf"]?.array ?? [] { problems += check(value, schema, path, depth + 1) }
        if let schemas = rules["anyOf"]?.array {
            let all = schemas.map { check(value, $0, path, depth + 1) }
            if !all.contains(where: \.isEmpty) {
                problems.append("\(path): fits none of anyOf: \(all.min { $0.count < $1.count } ?? [])")
            }
        }
        if let schemas = rules["oneOf"]?.array {
            let fitting = schemas.filter { check(value, $0, path, depth + 1).isEmpty }.count
            if fitting != 1 { problems.append("\(path): fits \(fitting) of oneOf") }
        }
        if let schema = rules["not"], check(value, schema, path, depth + 1).isEmpty {
            problems.append("\(path): fits what it must not")
        }
        return problems
    }

    private static func checkNumber(_ number: Double, _ rules: JSONObject, _ path: String) -> [String] {
        var problems: [String] = []
        if let minimum = rules["minimum"]?.double, number < minimum { problems.append("\(path): below \(minimum)") }
        if let maximum = rules["maximum"]?.double, number > maximum { problems.append("\(path): above \(maximum)") }
        if let minimum = rules["exclusiveMinimum"]?.double, number <= minimum {
            problems.append("\(path): not above \(minimum)")
        }
        if let maximum = rules["exclusiveMaximum"]?.double, number >= maximum {
            problems.append("\(path): not below \(maximum)")
        }
        return problems
    }

    private static func checkLength(_ count: Int, _ rules: JSONObject, _ what: String, _ path: String) -> [String] {
        var problems: [String] = []
        if let minimum = rules["min\(what)"]?.int, count < minimum { problems.append("\(path): fewer than \(minimum)") }
        if let maximum = rules["max\(what)"]?.int, count > maximum { problems.append("\(path): more than \(maximum)") }
        return problems
    }

    private func checkArray(_ elements: [JSONValue], _ rules: JSONObject, _ path: String, _ depth: Int) -> [String] {
        var problems = Self.checkLength(elements.count, rules, "Items", path)
        let prefix = rules["prefixItems"]?.array ?? []
        for (position, element) in elements.enumerated() {
            guard let schema = position < prefix.count ? prefix[position] : rules["items"] else { continue }
            problems += check(element, schema, "\(path)[\(position)]", depth + 1)
        }
        return problems
    }

    private func checkObject(_ object: JSONObject, _ rules: JSONObject, _ path: String, _ depth: Int) -> [String] {
        var problems: [String] = []
        for name in rules["required"]?.array ?? [] {
            if let name = name.string, object[name] == nil { problems.append("\(path): lacks \(name)") }
        }
        let properties = rules["properties"]?.object ?? [:]
        for (name, value) in object {
            if let schema = properties[name] ?? rules["additionalProperties"] {
                problems += check(value, schema, "\(path).\(name)", depth + 1)
            }
        }
        return problems
    }

    /// Numbers are equal by value here, not by literal.
    private static func same(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if left == right { return true }
        guard let left = left.double, let right = right.double else { return false }
        return left == right
    }
}
