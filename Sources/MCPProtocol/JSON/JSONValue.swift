/// A JSON value that keeps numbers exact and the members of objects in order.
///
/// Integers that fit into 64 bits and are written in the plain form are ``integer(_:)``; every other number keeps its
/// literal in ``number(_:)``.
public enum JSONValue: Sendable, Hashable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// An integer within 64 bits, written without fraction and exponent.
    case integer(Int64)
    /// Any other number, as its literal text.
    case number(JSONNumber)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)
}

extension JSONValue {
    /// The member of an object; `nil` for another kind of value or an absent member.
    public subscript(key: String) -> JSONValue? { object?[key] }

    /// The element of an array; `nil` for another kind of value or an index outside of it.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The string, when it is one.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The truth value, when it is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The integer, when it is one that fits into an `Int`.
    public var int: Int? {
        if case .integer(let value) = self { Int(exactly: value) } else { nil }
    }

    /// The nearest double of a number.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let number): number.double
        default: nil
        }
    }

    /// The elements, when it is an array.
    public var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The object, when it is one.
    public var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// Whether it is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The name of the kind of value in JSON Schema's words, for messages: `string`, `integer`, `object` and so on.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number(let number): number.isInteger ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// A double as a number. What JSON cannot say (infinities, NaN) becomes `null`.
    public init(_ value: Double) {
        if let whole = Int64(exactly: value) {
            self = .integer(whole)
        } else if value.isFinite, let number = JSONNumber("\(value)") {
            self = .number(number)
        } else {
            self = .null
        }
    }
}

// Not by `nil`: in `condition ? value : nil` it would silently mean `null` where an absent member was meant.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// From a literal.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// From a literal.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// From a literal.
    public init(floatLiteral value: Double) { self.init(value) }
    /// From a literal.
    public init(stringLiteral value: String) { self = .string(value) }
    /// From a literal.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; of two members with one key the last one stays.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements))
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as compact JSON text.
    public var description: String { String(decoding: serialized(), as: UTF8.self) }
}
