import MCPProtocol

/// The headers that the schema of a tool's arguments asks for with `x-mcp-header` (item 18), so that a proxy can route by
/// an argument without reading bodies. Both halves use it: the client writes them, the server compares.
struct ParameterHeaders: Sendable, Hashable {
    private struct Entry: Hashable {
        /// The way to the argument from the root, by the names of properties.
        let path: [String]
        /// The whole name of the header.
        let name: String
        let isInteger: Bool
    }

    /// What the name of each such header starts with.
    static let prefix = "Mcp-Param-"
    /// The same as it is compared.
    static let canonicalPrefix = prefix.lowercased()

    private let entries: [Entry]

    /// No argument goes into a header.
    var isEmpty: Bool { entries.isEmpty }

    private static let single: Set<String> = [
        "items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties",
        "not",
        "if", "then", "else", "contentSchema",
    ]
    private static let lists: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems"]
    private static let maps: Set<String> = ["patternProperties", "dependentSchemas", "$defs", "definitions"]

    /// Whether a schema has the annotation anywhere: most have not, and that is found out sooner than what one means.
    static func areMentioned(in schema: JSONValue) -> Bool {
        switch schema {
        case .object(let object): object.contains { $0.key == "x-mcp-header" || areMentioned(in: $0.value) }
        case .array(let elements): elements.contains { areMentioned(in: $0) }
        default: false
        }
    }

    /// Reads a schema.
    ///
    /// - Returns: `nil` when an annotation is not valid. Valid is a token of RFC 9110, once, on a string, integer or
    ///   boolean that is reached through `properties` alone, and that is no secret: headers end up in logs.
    init?(schema: JSONValue) {
        var entries: [Entry] = []
        var names: Set<String> = []
        // A stack instead of recursion; the depth of the value itself is bounded by the parser.
        var stack: [(path: [String]?, schema: JSONValue)] = [([], schema)]
        while let (path, node) = stack.popLast() {
            guard let rules = node.object else { continue }
            if let annotation = rules["x-mcp-header"] {
                guard let path, !path.isEmpty, let token = annotation.string, Self.isToken(token),
                    let type = rules["type"]?.string, ["string", "integer", "boolean"].contains(type),
                    rules["writeOnly"]?.bool != true, rules["format"]?.string != "password",
                    names.insert(token.lowercased()).inserted
                else { return nil }
                entries.append(Entry(path: path, name: Self.prefix + token, isInteger: type == "integer"))
            }
            for (keyword, value) in rules {
                if keyword == "properties" {
                    for (name, property) in value.object ?? [:] { stack.append((path.map { $0 + [name] }, property)) }
                } else if Self.single.contains(keyword) {
                    stack.append((nil, value))
                } else if Self.lists.contains(keyword) {
                    for element in value.array ?? [] { stack.append((nil, element)) }
                } else if Self.maps.contains(keyword) {
                    for (_, element) in value.object ?? [:] { stack.append((nil, element)) }
                }
            }
        }
        self.entries = entries.sorted { $0.name < $1.name }
    }

    /// The headers for some arguments, for a client.
    func headers(for arguments: JSONObject) -> [(name: String, value: String)] {
        entries.compactMap { entry in
            Self.value(at: entry.path, in: arguments).flatMap(Self.text).map { (entry.name, HeaderValue.encode($0)) }
        }
    }

    /// What is wrong between headers and arguments, for a server; `nil` when they agree.
    ///
    /// - Parameter values: all values of a header by its name.
    func mismatch(_ arguments: JSONObject, values: (String) -> [String]) -> String? {
        for entry in entries {
            let found = values(entry.name)
            let value = Self.value(at: entry.path, in: arguments)
            let place = "the argument '\(entry.path.joined(separator: "."))'"
            guard found.count <= 1 else { return "\(entry.name) is there more than once" }
            switch (found.first, value.flatMap(Self.text)) {
            case (nil, nil): continue
            case (nil, _?): return "\(entry.name) is missing, but \(place) is there"
            case (_?, nil): return "\(entry.name) is there, but \(place) is not"
            case (let header?, let text?):
                guard let decoded = HeaderValue.decode(header) else { return "\(entry.name) cannot be decoded" }
                if decoded == text { continue }
                if entry.isInteger, value?.double != nil, let left = Self.whole(decoded), left == Self.whole(text) {
                    continue
                }
                return "\(entry.name) is not equal to \(place)"
            }
        }
        return nil
    }

    private static func value(at path: [String], in arguments: JSONObject) -> JSONValue? {
        var node = JSONValue.object(arguments)
        for name in path {
            guard let next = node[name] else { return nil }
            node = next
        }
        return node.isNull ? nil : node
    }

    /// The text of a value that can be in a header.
    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let integer): String(integer)
        case .number(let number): number.literal
        case .null, .array, .object: nil
        }
    }

    /// The digits of a whole number, exact at any size: `042`, `42.0` and `42` are one number, `4.2e1` is not compared.
    private static func whole(_ text: String) -> String? {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        func areDigits(_ part: Substring) -> Bool { !part.isEmpty && part.utf8.allSatisfy { $0 &- 0x30 < 10 } }
        guard let first = parts.first, areDigits(first) else { return nil }
        if parts.count == 2 {
            guard areDigits(parts[1]), parts[1].allSatisfy({ $0 == "0" }) else { return nil }
        }
        let significant = first.drop { $0 == "0" }
        return significant.isEmpty ? "0" : (isNegative ? "-" : "") + significant
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
