/// An argument of a tool call that the tool cannot take: a result with `isError: true`, which names the argument, what
/// was found and what is allowed (item 25).
public struct ToolArgumentError: ToolReportableError, Sendable, Hashable, CustomStringConvertible {
    /// The argument, as a path: `limit`, `filter.name`, `tags[2]`.
    public let argument: String
    /// What went wrong and how to mend it, for the model.
    public let toolMessage: String

    /// An error with a text of its own.
    public init(argument: String, message: String) {
        self.argument = argument
        self.toolMessage = message
    }

    /// The value as text.
    public var description: String { toolMessage }

    /// A required argument is not there.
    public static func missing(_ name: String) -> ToolArgumentError {
        ToolArgumentError(argument: name, message: "Missing argument '\(name)'; it is required.")
    }

    /// An argument of the wrong type.
    public static func wrongType(_ name: String, expected: String, found: JSONValue) -> ToolArgumentError {
        ToolArgumentError(
            argument: name, message: "Argument '\(shown(name))' must be \(expected), but is \(shown(found)).")
    }

    /// An integer outside of its range.
    public static func outOfRange(_ name: String, found: Int, allowed: ClosedRange<Int>) -> ToolArgumentError {
        let bounds =
            switch (allowed.lowerBound, allowed.upperBound) {
            case (_, Int.max): "at least \(allowed.lowerBound)"
            case (Int.min, _): "at most \(allowed.upperBound)"
            default: "between \(allowed.lowerBound) and \(allowed.upperBound)"
            }
        return ToolArgumentError(argument: name, message: "Argument '\(name)' must be \(bounds), but is \(found).")
    }

    /// A text that is not on the list.
    public static func notAllowed(_ name: String, found: String, allowed: [String]) -> ToolArgumentError {
        let list = allowed.prefix(50).map { "'\($0)'" }.joined(separator: ", ")
        return ToolArgumentError(
            argument: name,
            message: "Argument '\(name)' must be one of \(list), but is '\(shown(found))'."
                + suggestion(for: found, among: allowed))
    }

    /// An argument that the tool does not have.
    public static func unknown(_ name: String, known: [String]) -> ToolArgumentError {
        let list = known.isEmpty ? "none" : known.prefix(50).map { "'\($0)'" }.joined(separator: ", ")
        return ToolArgumentError(
            argument: name,
            message: "Unknown argument '\(shown(name))'; known are: \(list)." + suggestion(for: name, among: known))
    }

    private static func suggestion(for text: String, among known: [String]) -> String {
        NearestSpelling.of(text, among: known).map { " Did you mean '\($0)'?" } ?? ""
    }

    /// A text cut to a length that a message can carry.
    private static func shown(_ text: String) -> String {
        text.unicodeScalars.count > 80 ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(80))) + "…" : text
    }

    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool, .integer, .number: "\(value.typeName) \(shown(value.description))"
        case .string(let text): "the string \(shown(JSONValue.string(String(text.prefix(100))).description))"
        case .array(let elements): "an array of \(elements.count)"
        case .object: "an object"
        }
    }
}
