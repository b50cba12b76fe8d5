/// A number as it was written: the literal text of RFC 8259 section 6, never rounded through a binary float.
///
/// Two numbers are equal when their literals are equal: `1.0` and `1.00` are different values here, because what is
/// echoed to a peer has to be what it sent.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The literal, for instance `-12.50e3`.
    public let literal: String

    /// A number from a literal.
    ///
    /// - Parameter literal: text that has to follow the grammar of RFC 8259 section 6.
    /// - Returns: `nil` when the text is not a JSON number.
    public init?(_ literal: String) {
        var copy = literal
        let valid = copy.withUTF8 { bytes in JSONNumber.length(in: bytes, from: 0) == bytes.count }
        guard valid, !literal.isEmpty else { return nil }
        self.literal = literal
    }

    /// A number from an integer.
    public init(_ value: Int64) {
        self.literal = String(value)
    }

    /// A literal that the caller has already checked against the grammar.
    init(checked literal: String) {
        self.literal = literal
    }

    /// Whether the literal has neither a fraction nor an exponent.
    public var isInteger: Bool {
        literal.utf8.allSatisfy { $0 == UInt8(ascii: "-") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) }
    }

    /// The nearest double, `nil` only when the literal overflows the parser of the standard library.
    public var double: Double? { Double(literal) }

    /// The value when the literal is an integer between the bounds of `Int64`.
    public var int64: Int64? { isInteger ? Int64(literal) : nil }

    /// The value as text.
    public var description: String { literal }

    /// The number of bytes of the number that starts at `start`, 0 when none does.
    static func length(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        let end = bytes.count
        func digits() -> Int {
            let first = position
            while position < end, bytes[position] &- 0x30 < 10 { position += 1 }
            return position - first
        }
        if position < end, bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard position < end else { return 0 }
        if bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else if digits() == 0 {
            return 0
        }
        if position < end, bytes[position] == UInt8(ascii: ".") {
            position += 1
            if digits() == 0 { return 0 }
        }
        if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < end, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            if digits() == 0 { return 0 }
        }
        return position - start
    }
}
