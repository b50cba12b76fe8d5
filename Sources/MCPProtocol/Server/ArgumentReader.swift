/// Reads the arguments of a tool call, and says what is wrong with them so that a model can mend its call (item 25).
///
/// Read every argument that the tool knows, then call ``finish()``, which refuses the others.
public struct ArgumentReader: Sendable {
    private let arguments: JSONObject
    private var known: [String] = []

    /// A reader of the arguments of one call.
    public init(_ arguments: JSONObject) { self.arguments = arguments }

    /// A text that has to be there.
    public mutating func string(_ name: String) throws(ToolArgumentError) -> String {
        guard let value = try optionalString(name) else { throw .missing(name) }
        return value
    }

    /// A text that may be absent; `null` counts as absent.
    public mutating func optionalString(_ name: String) throws(ToolArgumentError) -> String? {
        guard let value = member(name) else { return nil }
        guard let text = value.string else { throw .wrongType(name, expected: "a string", found: value) }
        return text
    }

    /// A text out of a list; the error names the nearest one.
    public mutating func optionalChoice(
        _ name: String, of allowed: [String]
    ) throws(ToolArgumentError) -> String? {
        guard let text = try optionalString(name) else { return nil }
        guard allowed.contains(text) else { throw .notAllowed(name, found: text, allowed: allowed) }
        return text
    }

    /// An enumeration by its raw values; the error names the nearest one.
    public mutating func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(ToolArgumentError) -> Choice? {
        guard let text = try optionalChoice(name, of: Choice.allCases.map(\.rawValue)) else { return nil }
        return Choice(rawValue: text)
    }

    /// An integer within a range; `null` counts as absent. `5.0` is an integer too, as JSON Schema has it.
    public mutating func optionalInteger(
        _ name: String, in range: ClosedRange<Int> = Int.min...Int.max
    ) throws(ToolArgumentError) -> Int? {
        guard let value = member(name) else { return nil }
        let whole: Int? =
            switch value {
            case .integer(let integer): Int(exactly: integer)
            case .number(let number): number.double.flatMap { Int(exactly: $0) }
            default: nil
            }
        guard let whole else { throw .wrongType(name, expected: "an integer", found: value) }
        guard range.contains(whole) else { throw .outOfRange(name, found: whole, allowed: range) }
        return whole
    }

    /// An integer within a range that has to be there.
    public mutating func integer(
        _ name: String, in range: ClosedRange<Int> = Int.min...Int.max
    ) throws(ToolArgumentError) -> Int {
        guard let value = try optionalInteger(name, in: range) else { throw .missing(name) }
        return value
    }

    /// A number; `null` counts as absent.
    public mutating func optionalNumber(_ name: String) throws(ToolArgumentError) -> Double? {
        guard let value = member(name) else { return nil }
        guard let number = value.double else { throw .wrongType(name, expected: "a number", found: value) }
        return number
    }

    /// A truth value; `null` counts as absent.
    public mutating func optionalBool(_ name: String) throws(ToolArgumentError) -> Bool? {
        guard let value = member(name) else { return nil }
        guard let bool = value.bool else { throw .wrongType(name, expected: "true or false", found: value) }
        return bool
    }

    /// A truth value with a default.
    public mutating func bool(_ name: String, default fallback: Bool) throws(ToolArgumentError) -> Bool {
        try optionalBool(name) ?? fallback
    }

    /// Any value; `nil` when absent.
    public mutating func value(_ name: String) -> JSONValue? { member(name) }

    /// Refuses arguments that were not read, with the nearest spelling of those that were.
    public func finish() throws(ToolArgumentError) {
        for (name, _) in arguments where !known.contains(name) {
            throw .unknown(name, known: known)
        }
    }

    private mutating func member(_ name: String) -> JSONValue? {
        known.append(name)
        guard let value = arguments[name], !value.isNull else { return nil }
        return value
    }
}
