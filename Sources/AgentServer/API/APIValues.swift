import AgentCore
import MCPProtocol

/// The values of a request, checked against the fields that are declared.
struct APIValues: Sendable {
    private var values: [String: JSONValue] = [:]

    /// A string; nil when it was left out.
    func text(_ name: String) -> String? { values[name]?.string }

    /// A string that the declaration requires.
    func required(_ name: String) throws(ProblemDetails) -> String {
        guard let text = values[name]?.string else {
            throw Self.problem([Fault(field: name, text: "is missing")], in: .body)
        }
        return text
    }

    /// An integer; nil when it was left out.
    func integer(_ name: String) -> Int? { values[name]?.int }

    /// A truth value; false when it was left out.
    func flag(_ name: String) -> Bool { values[name]?.bool ?? false }

    /// Checks the members of a body.
    ///
    /// - Parameters:
    ///   - object: The body.
    ///   - fields: What is declared.
    /// - Throws: ``ProblemDetails`` that names every member that is wrong, so that all are mended at once.
    init(body object: JSONObject, _ fields: [APIField]) throws(ProblemDetails) {
        self.init()
        var faults: [Fault] = []
        for (name, value) in object {
            guard let field = fields.first(where: { $0.name == name }) else {
                faults.append(Self.unknown(name, among: fields))
                continue
            }
            if let fault = take(value, field) { faults.append(Fault(field: name, text: fault)) }
        }
        try end(faults, fields, .body)
    }

    /// Checks the parameters of a query.
    ///
    /// - Parameters:
    ///   - query: The query as it was sent, without its question mark.
    ///   - fields: What is declared.
    /// - Throws: ``ProblemDetails`` that names every parameter that is wrong.
    init(query: String, _ fields: [APIField]) throws(ProblemDetails) {
        self.init()
        var faults: [Fault] = []
        for parameter in query.split(separator: "&") {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decoded(parts[0]),
                let value = PercentEncoding.decoded(parts.count > 1 ? parts[1] : "")
            else {
                faults.append(Fault(field: String(parts[0]), text: "is not percent-encoded UTF-8"))
                continue
            }
            guard let field = fields.first(where: { $0.name == name }) else {
                faults.append(Self.unknown(name, among: fields))
                continue
            }
            if values[name] != nil {
                faults.append(Fault(field: name, text: "stands twice"))
            } else if let fault = take(Self.value(of: value, field.kind), field) {
                faults.append(Fault(field: name, text: fault))
            }
        }
        try end(faults, fields, .query)
    }

    private init() {}

    private mutating func end(_ faults: [Fault], _ fields: [APIField], _ place: Place) throws(ProblemDetails) {
        var faults = faults
        for field in fields where field.isRequired && values[field.name] == nil {
            if faults.contains(where: { $0.field == field.name }) { continue }
            faults.append(Fault(field: field.name, text: "is missing"))
        }
        if !faults.isEmpty { throw Self.problem(faults, in: place) }
    }

    /// Takes a value.
    ///
    /// - Returns: what is wrong with it.
    private mutating func take(_ value: JSONValue, _ field: APIField) -> String? {
        switch field.kind {
        case .text(let minimum, let maximum):
            guard let text = value.string else { return "must be a string" }
            // Bytes first: a text within the bound in bytes is within it in scalars, and counting those takes time.
            if text.utf8.count > maximum {
                let count = text.unicodeScalars.count
                if count > maximum { return "must have at most \(maximum) characters, and has \(count)" }
            }
            // A short look suffices: a text may be long.
            if text.unicodeScalars.prefix(minimum).count < minimum {
                return minimum == 1 ? "must not be empty" : "must have at least \(minimum) characters"
            }
            values[field.name] = value
        case .choice(let choices):
            guard let text = value.string, choices.contains(text) else {
                let nearest = value.string.flatMap { NearestSpelling.of($0, among: choices) }
                return "must be one of \(choices.map { "\"\($0)\"" }.joined(separator: ", "))"
                    + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
            }
            values[field.name] = value
        case .integer(let range):
            guard let number = Self.integer(value) else { return "must be an integer" }
            guard range.contains(number) else { return "must be from \(range.lowerBound) to \(range.upperBound)" }
            values[field.name] = .integer(Int64(number))
        case .flag:
            guard value.bool != nil else { return "must be true or false" }
            values[field.name] = value
        }
        return nil
    }

    /// The value as an integer where it is one, also when it is written `10.0` or `1e1`, as JSON Schema counts integers.
    private static func integer(_ value: JSONValue) -> Int? {
        if let integer = value.int { return integer }
        guard case .number(let number) = value else { return nil }
        return number.double.flatMap { Int(exactly: $0) }
    }

    /// A parameter as the JSON value that a body would hold; a text that is none of the kind stays a text, and is refused.
    private static func value(of text: String, _ kind: APIField.Kind) -> JSONValue {
        switch kind {
        case .text, .choice: .string(text)
        case .integer: Int64(text).map { .integer($0) } ?? .string(text)
        case .flag: text == "true" ? true : text == "false" ? false : .string(text)
        }
    }
}

extension APIValues {
    /// What is wrong with a member or parameter.
    struct Fault: Sendable {
        var field: String
        var text: String
        var suggestion: String?
    }

    /// Where it stands.
    enum Place: String, Sendable {
        case body, query, path
    }

    private static func unknown(_ name: String, among fields: [APIField]) -> Fault {
        let names = fields.map(\.name)
        guard let nearest = NearestSpelling.of(name, among: names) else {
            let known = names.isEmpty ? "there are none" : "there are " + names.joined(separator: ", ")
            return Fault(field: name, text: "is not known; \(known)")
        }
        return Fault(field: name, text: "is not known; did you mean \(nearest)?", suggestion: nearest)
    }

    /// The problem of a request whose values are wrong.
    static func problem(_ faults: [Fault], in place: Place) -> ProblemDetails {
        // What a request repeats must not grow with it: a body may have a hundred thousand unknown members.
        let shown = faults.prefix(20)
        var text = shown.map { "\(PlainText.excerpt($0.field)) \($0.text)" }.joined(separator: "; ")
        if faults.count > shown.count { text += "; and \(faults.count - shown.count) more" }
        let errors = shown.map { fault -> JSONValue in
            var error: JSONObject = [
                "in": .string(place.rawValue),
                "name": .string(String(String.UnicodeScalarView(fault.field.unicodeScalars.prefix(64)))),
                "detail": .string(fault.text),
            ]
            error["suggestion"] = fault.suggestion.map { .string($0) }
            return .object(error)
        }
        return ProblemDetails(.invalidRequest, text, members: ["errors": .array(errors)])
    }
}

/// The values of a query, as forms encode them.
enum PercentEncoding {
    /// The text behind `%XX` and `+`; nil when an escape is none or the bytes are not UTF-8.
    static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
