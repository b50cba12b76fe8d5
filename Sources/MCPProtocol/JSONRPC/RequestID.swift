/// The id of a JSON-RPC request: a string or an integer, echoed exactly as it came.
///
/// The integer is kept as its literal, because ids beyond 2^53 (and beyond 64 bits) are legal and have to come back
/// unchanged.
public enum RequestID: Sendable, Hashable, CustomStringConvertible {
    /// A string id.
    case string(String)
    /// An integer id, as its literal.
    case number(JSONNumber)

    /// An integer id.
    public init(_ value: Int) { self = .number(JSONNumber(Int64(value))) }

    /// An id from the wire: `nil` for null, fractions, exponents and every other kind of value.
    public init?(_ value: JSONValue) {
        switch value {
        case .string(let text): self = .string(text)
        case .integer(let integer): self = .number(JSONNumber(integer))
        case .number(let number) where number.isInteger: self = .number(number)
        default: return nil
        }
    }

    /// The id on the wire.
    public var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .number(let number):
            number.int64.map { String($0) == number.literal ? .integer($0) : .number(number) }
                ?? .number(number)
        }
    }

    /// The value as text.
    public var description: String { json.description }
}
